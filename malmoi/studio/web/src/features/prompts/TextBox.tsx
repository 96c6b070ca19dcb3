import { useCallback, useState, type ClipboardEvent, type RefObject } from 'react'
import { useLanguage } from '../../i18n/language'
import { PlainText } from '../../text/PlainText'
import { toast } from '../../ui/Toast/toasts'
import { LongBox } from './LongBox'
import { LONG } from './pieces'
import type { Session } from './session'
import type { Draft } from './draft'

interface Props {
  session: Session
  /** Which text of the draft it is: its name among the boxes, and how it is written into the draft. */
  field: string
  write: (draft: Draft, text: string) => Draft
  initial: string
  label: string
  /** Of a box that has a label of its own on the page. */
  id?: string
  className?: string
  placeholder?: string
  rows?: number
  boxRef?: RefObject<HTMLTextAreaElement | null>
}

/** A text of the draft. A key costs nothing but itself; a text of millions of characters stands in pieces. */
export function TextBox({ session, field, write, initial, label, boxRef, ...rest }: Props) {
  const { t } = useLanguage()
  // What the box began with: it is not drawn anew for what is written in it. The parent's key says when it is.
  const [start, setStart] = useState({ text: initial, round: 0 })
  const put = (text: string) => {
    session.edit((draft) => write(draft, text))
    setStart(({ round }) => ({ text, round: round + 1 }))
  }
  const onTouch = useCallback((read: () => string) => session.touch(field, read, write), [session, field, write])
  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const { selectionStart: from, selectionEnd: end, value } = event.currentTarget
    const more = event.clipboardData.getData('text/plain')
    if (value.length - (end - from) + more.length <= LONG) return
    // A box of its own takes seconds to lay such a text out, and then for each key.
    event.preventDefault()
    const whole = value.slice(0, from) + more.replaceAll('\r\n', '\n') + value.slice(end)
    put(whole)
    toast(t('long.pasted'), () => put(value))
  }
  if (start.text.length > LONG) {
    return (
      <div>
        <p className="help">{t('long.pieces')}</p>
        <LongBox key={start.round} initial={start.text} label={label} onTouch={onTouch} />
      </div>
    )
  }
  return (
    <PlainText
      key={start.round}
      {...rest}
      aria-label={rest.id ? undefined : label}
      {...(boxRef && { boxRef })}
      initial={start.text}
      onPaste={onPaste}
      onText={(value) => session.touch(field, () => value, write)}
    />
  )
}
