import { useLayoutEffect, useRef, useState, type RefObject, type TextareaHTMLAttributes } from 'react'
import css from './PlainText.module.css'

type Props = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'value' | 'defaultValue' | 'onInput'> & {
  /** Taken once: React must never rewrite a value in which a syllable is being composed. Change `key` to replace it. */
  initial: string
  onText?: (text: string) => void
  boxRef?: RefObject<HTMLTextAreaElement | null>
}

/** A textarea that React leaves alone, as high as its text. */
export function PlainText({ initial, onText, boxRef, className = '', ...rest }: Props) {
  const [first] = useState(initial)
  const own = useRef<HTMLTextAreaElement>(null)
  const ref = boxRef ?? own
  useLayoutEffect(() => {
    if (ref.current) fit(ref.current)
  }, [ref])
  return (
    <textarea
      {...rest}
      ref={ref}
      className={`text-box ${css.box} ${className}`}
      defaultValue={first}
      onInput={(event) => {
        fit(event.currentTarget)
        onText?.(event.currentTarget.value)
      }}
    />
  )
}

/** Browsers without `field-sizing: content` need the height by hand. */
function fit(box: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  box.style.height = 'auto'
  box.style.height = `${box.scrollHeight + 2}px`
}
