import { useRef } from 'react'
import { Button } from 'react-aria-components'
import { useLanguage } from '../../i18n/language'
import { Icon } from '../../ui/Icon'
import { PlainText } from '../../text/PlainText'
import { useSendOnEnter } from '../../ui/useSendOnEnter'

/** Where the next message is written: Enter sends, Shift+Enter breaks the line. */
export function Composer({ onSend }: { onSend: (text: string) => boolean }) {
  const { t } = useLanguage()
  const box = useRef<HTMLTextAreaElement>(null)
  const sendNow = useSendOnEnter(box, onSend)
  return (
    <div className="composer">
      <PlainText
        initial=""
        boxRef={box}
        id="composer"
        aria-label={t('chat.composer')}
        placeholder={t('chat.placeholder')}
        rows={1}
      />
      <Button className="button button-main composer-send" aria-label={t('chat.send')} onPress={sendNow}>
        <Icon name="send" />
      </Button>
    </div>
  )
}
