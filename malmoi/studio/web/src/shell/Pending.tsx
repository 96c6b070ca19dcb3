import { useLanguage, type Key } from '../i18n/language'
import { classes } from '../ui/classes'
import { Skeleton } from '../ui/Loaded'
import css from '../ui/Page.module.css'

/**
 * The frame of a page whose file is still on its way. Its title is no heading: the page that is left is still there,
 * hidden, and one heading is enough.
 */
export function Pending({ title }: { title: Key }) {
  const { t } = useLanguage()
  return (
    <div className={classes('page', css.page)}>
      <header className={classes('topbar', css.top)}>
        <p className={classes(css.title)}>{t(title)}</p>
      </header>
      <div className={classes(css.body)}>
        <div className={classes(css.centre)}>
          <Skeleton />
        </div>
      </div>
    </div>
  )
}
