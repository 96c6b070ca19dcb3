import { Button } from 'react-aria-components'
import { useLanguage } from '../../i18n/language'
import { Icon } from '../../ui/Icon'
import { PlainText } from '../../text/PlainText'
import type { Turn } from './draft'

interface Props {
  turn: Turn
  disabled: boolean
  onText: (text: string) => void
  onRemove: () => void
  onAgain: () => void
}

export function TurnBox({ turn, disabled, onText, onRemove, onAgain }: Props) {
  const { t } = useLanguage()
  const role = turn.role === 'user' ? t('chat.user') : t('chat.assistant')
  return (
    <li className={`turn turn-${turn.role}`} data-testid="turn">
      <div className="turn-head">
        <span className="turn-role">{role}</span>
        <Button className="button button-bare" isDisabled={disabled} aria-label={t('chat.again')} onPress={onAgain}>
          <Icon name="again" />
        </Button>
        <Button className="button button-bare" isDisabled={disabled} aria-label={t('chat.remove')} onPress={onRemove}>
          <Icon name="bin" />
        </Button>
      </div>
      <PlainText rows={1} initial={turn.text} aria-label={t('chat.turn_label', { role })} onText={onText} />
    </li>
  )
}
