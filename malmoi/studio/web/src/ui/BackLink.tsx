import { useLanguage } from '../i18n/language'
import { Link } from '../shell/routing'

/** The way from one card back to the list of all. */
export function BackLink() {
  const { t } = useLanguage()
  return (
    <Link to="/cards" className="back">
      ← {t('cards.back')}
    </Link>
  )
}
