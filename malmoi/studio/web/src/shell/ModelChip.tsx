import { useQuery } from '@tanstack/react-query'
import { about } from '../api/queries'
import { useConnection } from '../api/connection'
import { useLanguage } from '../i18n/language'

/** The model that answers here, or that the server is not there. */
export function ModelChip() {
  const { t } = useLanguage()
  const { data } = useQuery(about())
  const lost = useConnection() === 'lost'
  const name = data?.model?.name
  const text = lost ? t('model.unreachable') : (name ?? (data ? t('model.none') : '…'))
  const kind = lost ? 'chip chip-lost' : name ? 'chip chip-on' : 'chip'
  return (
    <span className={kind} role="status" title={lost ? t('error.unreachable') : data?.model?.engine}>
      {text}
    </span>
  )
}
