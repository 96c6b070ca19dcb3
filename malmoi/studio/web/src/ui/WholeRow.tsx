import { useState } from 'react'
import { useLanguage } from '../i18n/language'
import { TextField } from './TextField/TextField'

interface Props {
  label: string
  help: string
  /** null: left out, shown as `nothing`. */
  value: number | null
  onChange: (value: number | null) => void
  min: number
  max: number
  /** What an empty box means; without it a number is needed. */
  nothing?: string
}

/** A whole number. What is none, or out of range, is said and stays in the box; the number before it holds on. */
export function WholeRow({ label, help, value, onChange, min, max, nothing }: Props) {
  const { t } = useLanguage()
  const [text, setText] = useState(written(value))
  const [last, setLast] = useState(value)
  if (value !== last) {
    setLast(value)
    if (read(text, min, max) !== value) setText(written(value))
  }
  const write = (next: string) => {
    setText(next)
    const number = next.trim() === '' ? null : read(next, min, max)
    if (number === undefined || (number === null && nothing === undefined)) return
    setLast(number)
    onChange(number)
  }
  const isWrong = text.trim() === '' ? nothing === undefined : read(text, min, max) === undefined
  return (
    <div>
      <TextField
        label={label}
        help={help}
        value={text}
        onChange={write}
        inputMode="numeric"
        autoComplete="off"
        placeholder={nothing ?? ''}
        error={isWrong ? t('number.whole', { min, max }) : undefined}
      />
    </div>
  )
}

function written(value: number | null): string {
  return value === null ? '' : String(value)
}

/** The number that a text says: digits alone, full-width ones too; undefined for anything else. */
function read(text: string, min: number, max: number): number | undefined {
  const plain = text.normalize('NFKC').trim()
  const number = /^\d{1,16}$/.test(plain) ? Number(plain) : NaN
  return number >= min && number <= max ? number : undefined
}
