import { useId, useLayoutEffect, useRef, type InputHTMLAttributes, type RefObject } from 'react'
import { classes } from '../classes'
import css from './TextField.module.css'

type Rest = Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'defaultValue' | 'onChange' | 'onInput' | 'id'>

interface Props extends Rest {
  label: string
  hideLabel?: boolean
  /** Looks and behaves as a search: it has a cross in Chromium and Safari, and Esc empties it. */
  search?: boolean
  value: string
  onChange: (text: string) => void
  /** What is wrong with it: said under it and tied to it (aria-describedby). */
  error?: string | undefined
  help?: string | undefined
  boxRef?: RefObject<HTMLInputElement | null>
}

/**
 * One line of text with its name, help and error. The browser keeps the text: React never rewrites a value in which a
 * syllable is being composed. A `value` from outside (an example, an address) is taken over while a person is not
 * writing in the box, and an empty one always.
 */
export function TextField(props: Props) {
  const { label, hideLabel, search, value, onChange, error, help, boxRef, className, ...rest } = props
  const id = useId()
  const box = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    const now = box.current
    if (now && now.value !== value && (value === '' || document.activeElement !== now)) now.value = value
  }, [value])
  const note = error ?? help
  return (
    <div className={classes(css.field, className)}>
      <label htmlFor={id} className={classes(css.label, hideLabel && css.hidden)}>
        {label}
      </label>
      <input
        {...rest}
        ref={(element) => {
          box.current = element
          if (boxRef) boxRef.current = element
        }}
        id={id}
        type={search ? 'search' : (rest.type ?? 'text')}
        className={classes(css.box)}
        placeholder={rest.placeholder ?? (hideLabel ? label : undefined)}
        defaultValue={value}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {note && (
        <p id={`${id}-note`} className={classes(error ? css.error : css.help)}>
          {note}
        </p>
      )}
    </div>
  )
}
