import { useLanguage, type Key } from '../i18n/language'
import { Skeleton } from '../ui/Loaded'
import { Page } from '../ui/Page'

/** The frame of a page whose file is still on its way. */
export function Pending({ title }: { title: Key }) {
  const { t } = useLanguage()
  return (
    <Page title={t(title)} isComing>
      <Skeleton />
    </Page>
  )
}
