import { useLanguage, type Key } from '../i18n/language'
import { Page } from '../ui/Page'

/** The frame of a page whose file is still on its way. */
export function Pending({ title }: { title: Key }) {
  const { t } = useLanguage()
  return (
    <Page title={t(title)}>
      <div className="skeleton" role="status" aria-label={t('state.loading')}>
        <span className="skeleton-line" />
        <span className="skeleton-line" />
        <span className="skeleton-line" />
      </div>
    </Page>
  )
}
