import { useRef, useState, type FocusEvent, type KeyboardEvent } from 'react'
import { classes } from '../../ui/classes'
import css from './LongBox.module.css'
import { pieces } from './pieces'

interface Props {
  initial: string
  label: string
  /** Called at each key with a way to read the text: it is joined only when somebody asks. */
  onTouch: (read: () => string) => void
}

interface Piece {
  id: number
  text: string
}

/** A text of millions of characters, written in pieces: only the pieces in sight are laid out, a key touches one. */
export function LongBox({ initial, label, onTouch }: Props) {
  const [list, setList] = useState<Piece[]>(() => pieces(initial).map((text, id) => ({ id, text })))
  const texts = useRef(new Map(list.map(({ id, text }) => [id, text])))
  const next = useRef(list.length)
  const box = useRef<HTMLDivElement>(null)
  const order = useRef(list)
  order.current = list

  const touch = () => onTouch(() => order.current.map(({ id }) => texts.current.get(id) ?? '').join('\n'))
  const boxAt = (place: number) => box.current?.querySelectorAll('textarea')[place]
  const place = (at: number, caret: number) => {
    const found = boxAt(at)
    found?.focus()
    found?.setSelectionRange(caret, caret)
  }
  /** The line break between two pieces is taken away: they become one. */
  const join = (at: number) => {
    const [one, other] = [order.current[at]!, order.current[at + 1]!]
    const before = texts.current.get(one.id) ?? ''
    const joined = { id: next.current++, text: before + (texts.current.get(other.id) ?? '') }
    texts.current.set(joined.id, joined.text)
    setList(order.current.toSpliced(at, 2, joined))
    requestAnimationFrame(() => place(at, before.length))
    touch()
  }
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>, at: number) => {
    if (event.nativeEvent.isComposing) return
    const { selectionStart: start, selectionEnd: end, value } = event.currentTarget
    if (start !== end || event.ctrlKey || event.metaKey || event.altKey) return
    const isFirst = at === 0
    const isLast = at === order.current.length - 1
    const act =
      event.key === 'Backspace' && start === 0 && !isFirst
        ? () => join(at - 1)
        : event.key === 'Delete' && end === value.length && !isLast
          ? () => join(at)
          : event.key === 'ArrowUp' && !isFirst && !value.slice(0, start).includes('\n')
            ? () => place(at - 1, boxAt(at - 1)?.value.length ?? 0)
            : event.key === 'ArrowDown' && !isLast && !value.slice(end).includes('\n')
              ? () => place(at + 1, 0)
              : null
    if (!act) return
    event.preventDefault()
    act()
  }
  return (
    <div ref={box} className={classes(css.box)} role="group" aria-label={label}>
      {list.map(({ id, text }, at) => (
        <div key={id} className={classes(css.piece)} style={{ '--lines': lineCount(text) } as React.CSSProperties}>
          <textarea
            className={classes(css.text)}
            aria-label={`${label} ${at + 1} / ${list.length}`}
            spellCheck={false}
            defaultValue={text}
            onInput={({ currentTarget }) => {
              texts.current.set(id, currentTarget.value)
              touch()
            }}
            onKeyDown={(event) => onKey(event, at)}
            onFocus={keepInSight}
          />
        </div>
      ))}
    </div>
  )
}

function keepInSight({ currentTarget }: FocusEvent<HTMLTextAreaElement>): void {
  const { top, bottom } = currentTarget.getBoundingClientRect()
  if (bottom < 0 || top > innerHeight) currentTarget.scrollIntoView({ block: 'nearest' })
}

function lineCount(text: string): number {
  let count = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1
  return count
}
