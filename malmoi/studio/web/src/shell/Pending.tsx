import { useLanguage, type Key } from '../i18n/language'
import { Skeleton } from '../ui/Loaded'

/**
 * The frame of a page whose file is still on its way. Its title is no heading: the page that is left is still there,
 * hidden, and one heading is enough.
 */
export function Pending({ title }: { title: Key }) {
  const { t } = useLanguage()
  return (
    <div className="page">
      <header className="topbar">
        <p className="topbar-title">{t(title)}</p>
      </header>
      <div className="page-body">
        <div className="centre">
          <Skeleton />
        </div>
      </div>
    </div>
  )
}
