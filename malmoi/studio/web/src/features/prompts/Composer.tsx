import { useRef } from 'react'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { Icon } from '../../ui/Icon'
import { useSendOnEnter } from '../../ui/useSendOnEnter'
import type { Draft } from './draft'
import type { Session } from './session'
import { TextBox } from './TextBox'

interface Props {
  session: Session
  draft: Draft
  edition: number
  onSend: (text: string) => boolean
}

const writeComposer = (draft: Draft, composer: string): Draft => ({ ...draft, composer })

/** Where the next message is written: Enter sends, Shift+Enter breaks the line. What is not sent is part of the draft. */
export function Composer({ session, draft, edition, onSend }: Props) {
  const { t } = useLanguage()
  const box = useRef<HTMLTextAreaElement>(null)
  const sendNow = useSendOnEnter(box, onSend)
  return (
    <div className="composer">
      <TextBox
        key={`${session.id}-${edition}`}
        session={session}
        field="composer"
        write={writeComposer}
        initial={draft.composer}
        boxRef={box}
        id="composer"
        label={t('chat.composer')}
        placeholder={t('chat.placeholder')}
        rows={1}
      />
      <Button kind="main" className="composer-send" aria-label={t('chat.send')} onPress={sendNow}>
        <Icon name="send" />
      </Button>
    </div>
  )
}
