import { lazy, Suspense } from 'react'
import { I18nProvider } from 'react-aria-components'
import { CardRun } from '../features/tasks/CardRun'
import { CardList } from '../features/tasks/CardList'
import { CorpusPage } from '../features/corpora/CorpusPage'
import { useLanguage } from '../i18n/language'
import { Empty } from '../ui/Loaded'
import { Playground } from '../features/prompts/Playground'
import { Page } from '../shell/Page'
import { Rail } from '../shell/Rail'
import { Link, useRoute } from '../shell/routing'
import { Toasts } from '../ui/Toast/Toasts'

// The charting library is loaded with the only page that draws.
const RunsPage = lazy(() => import('../features/runs/RunsPage'))

export function App() {
  const { language } = useLanguage()
  return (
    <I18nProvider locale={language === 'ko' ? 'ko-KR' : 'en-GB'}>
      <div className="app">
        <Rail />
        <Place />
        <Toasts />
      </div>
    </I18nProvider>
  )
}

function Place() {
  const [place = 'playground', name] = useRoute()
  if (place === 'playground') return <Playground />
  if (place === 'cards') return name ? <CardRun key={name} id={name} /> : <CardList />
  if (place === 'corpus') return <CorpusPage run={name} />
  if (place === 'runs') {
    return (
      <Suspense fallback={<div className="page" />}>
        <RunsPage run={name} />
      </Suspense>
    )
  }
  return <Nowhere />
}

function Nowhere() {
  const { t } = useLanguage()
  return (
    <Page title={t('nowhere.title')}>
      <Empty title={t('nowhere.text')}>
        <Link to="/playground" className="button">
          {t('nowhere.back')}
        </Link>
      </Empty>
    </Page>
  )
}
