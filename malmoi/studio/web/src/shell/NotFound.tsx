import { Link } from '@tanstack/react-router'
import { useLanguage } from '../i18n/language'
import { buttonLook } from '../ui/Button/Button'
import { EmptyState } from '../ui/EmptyState/EmptyState'
import { Page } from '../ui/Page'
import { useArea, type Place } from './Places'

/** Nothing is at this address. The rail still shows the area, and the way back leads to its first page. */
export function NotFound({ places }: { places: Place[] }) {
  const { t } = useLanguage()
  const area = useArea()
  const place = places.find(({ path }) => path === area)
  return (
    <Page title={t('nowhere.title')}>
      <EmptyState
        icon="search"
        title={t('nowhere.text')}
        act={
          <Link to={place?.path ?? '/'} className={buttonLook()}>
            {t('nowhere.back', { place: t(place?.title ?? 'home.title') })}
          </Link>
        }
      />
    </Page>
  )
}
