import { useState, type ClipboardEvent, type RefObject } from 'react'
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
  const [pasted, setPasted] = useState<string | null>(null)
  const text = pasted ?? initial
  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const { selectionStart: start, selectionEnd: end, value } = event.currentTarget
    const more = event.clipboardData.getData('text/plain')
    if (value.length - (end - start) + more.length <= LONG) return
    // A box of its own takes seconds to lay such a text out, and then for each key.
    event.preventDefault()
    const whole = value.slice(0, start) + more.replaceAll('\r\n', '\n') + value.slice(end)
    session.edit((draft) => write(draft, whole))
    setPasted(whole)
    toast(t('long.pasted'), () => {
      session.edit((draft) => write(draft, value))
      setPasted(null)
    })
  }
  if (text.length > LONG) {
    return (
      <div>
        <p className="help">{t('long.pieces')}</p>
        <LongBox key={text.length} initial={text} label={label} onTouch={(read) => session.touch(field, read, write)} />
      </div>
    )
  }
  return (
    <PlainText
      key={pasted === null ? 'own' : 'back'}
      {...rest}
      aria-label={rest.id ? undefined : label}
      {...(boxRef && { boxRef })}
      initial={initial}
      onPaste={onPaste}
      onText={(value) => session.touch(field, () => value, write)}
    />
  )
}
