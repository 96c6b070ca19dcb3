import { Link } from '@tanstack/react-router'
import { classes } from './classes'
import css from './BackLink.module.css'
import { useLanguage } from '../i18n/language'

/** The way from one card back to the list of all. */
export function BackLink() {
  const { t } = useLanguage()
  return (
    <p className={classes(css.back)}>
      <Link to="/tasks" activeOptions={{ exact: true }}>
        ← {t('cards.back')}
      </Link>
    </p>
  )
}
