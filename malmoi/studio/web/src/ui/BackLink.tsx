import { Link } from '@tanstack/react-router'
import { useLanguage } from '../i18n/language'

/** The way from one card back to the list of all. */
export function BackLink() {
  const { t } = useLanguage()
  return (
    <Link to="/tasks" className="back" activeOptions={{ exact: true }}>
      ← {t('cards.back')}
    </Link>
  )
}
