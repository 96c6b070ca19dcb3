import { useEffect, useId, useRef, useState } from 'react'
import type { Inputs } from '../../api/cards'
import type { Card, Input as CardInput } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { PlainText } from '../../text/PlainText'
import { Button } from '../../ui/Button/Button'
import { Choice } from '../../ui/Choice'
import { classes } from '../../ui/classes'
import { Icon } from '../../ui/Icon'
import { KeyHint } from '../../ui/keys/KeyHint'
import { TextField } from '../../ui/TextField/TextField'
import { Toolbar } from '../../ui/Toolbar/Toolbar'
import css from './CardForm.module.css'

/** What stands in the form, as written. */
export type Filled = Record<string, string>

interface Props {
  card: Card
  filled: Filled
  /** Names of the inputs that must be filled in first. */
  missing: string[]
  onChange: (filled: Filled) => void
  onExample: () => void
  onRun: () => void
  onStop: () => void
  running: boolean
}

export function CardForm({ card, filled, missing, onChange, onExample, onRun, onStop, running }: Props) {
  const { t } = useLanguage()
  const form = useFocusOnFirstWrong(missing)
  return (
    <form
      ref={form}
      className={classes(css.form)}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!running) onRun()
      }}
    >
      {card.inputs.map((input) => (
        <Field
          key={input.name}
          input={input}
          value={filled[input.name] ?? ''}
          error={missing.includes(input.name) ? t('cards.missing_one') : undefined}
          onChange={(value) => onChange({ ...filled, [input.name]: value })}
        />
      ))}
      {/* Both buttons have their place at all times, so that nothing jumps when a run begins. */}
      <Toolbar
        end={
          <>
            <Button isDisabled={!running} onPress={onStop}>
              <Icon name="stop" />
              {t('action.stop')} <KeyHint keys="Escape" />
            </Button>
            <Button type="submit" kind="main" isPending={running}>
              <Icon name="play" />
              {t('action.run')} <KeyHint keys="Mod+Enter" />
            </Button>
          </>
        }
      >
        <Button onPress={onExample}>{t('cards.example')}</Button>
      </Toolbar>
    </form>
  )
}

/** A person who asked for too early a run is taken to the first field that is missing. */
function useFocusOnFirstWrong(missing: string[]) {
  const form = useRef<HTMLFormElement>(null)
  const before = useRef<string[]>(missing)
  useEffect(() => {
    // Fewer than before: the person is filling them in, and is left alone.
    if (missing.length > 0 && missing.length >= before.current.length) {
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid] button')?.focus()
    }
    before.current = missing
  }, [missing])
  return form
}

interface FieldProps {
  input: CardInput
  value: string
  error: string | undefined
  onChange: (value: string) => void
}

function Field({ input, value, error, onChange }: FieldProps) {
  const { t, pick } = useLanguage()
  const title = input.required ? pick(input.title) : `${pick(input.title)} ${t('cards.optional')}`
  const help =
    input.type === 'words' ? t('cards.words') : t('cards.chars', { chars: [...value].length, max: input.max_chars })
  if (input.type === 'choice') {
    const options = input.choices.map((choice) => ({ id: choice, name: choice }))
    return <Choice label={title} options={options} value={value} onChange={onChange} error={error} />
  }
  if (input.type === 'long_text') {
    return <LongField title={title} help={help} input={input} value={value} error={error} onChange={onChange} />
  }
  return (
    <TextField
      label={title}
      inputMode={input.type === 'number' ? 'decimal' : undefined}
      maxLength={input.max_chars || undefined}
      required={input.required}
      value={value}
      onChange={onChange}
      error={error}
      help={help}
    />
  )
}

function LongField({ title, help, input, value, error, onChange }: FieldProps & { title: string; help: string }) {
  const id = useId()
  // Taken once, as PlainText does: a new example makes a new form.
  const [first] = useState(value)
  return (
    <div>
      <label className={classes(css.label)} htmlFor={id}>
        {title}
      </label>
      <PlainText
        id={id}
        className={classes(css.long)}
        initial={first}
        maxLength={input.max_chars}
        required={input.required}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-note`}
        onText={onChange}
      />
      <p id={`${id}-note`} className={classes(error ? css.error : css.help)}>
        {error ?? help}
      </p>
    </div>
  )
}

export function exampleInputs(card: Card): Filled {
  const filled: Filled = {}
  for (const { name, example } of card.inputs) {
    if (example !== null) filled[name] = Array.isArray(example) ? example.join(', ') : String(example)
  }
  return filled
}

export function missingInputs(card: Card, filled: Filled): CardInput[] {
  return card.inputs.filter(({ name, required }) => required && !filled[name]?.trim())
}

/** The form's text in the types that the card asks for; what is left empty is left out. */
export function filledInputs(card: Card, filled: Filled): Inputs {
  const inputs: Inputs = {}
  for (const { name, type } of card.inputs) {
    const text = filled[name]?.trim() ?? ''
    if (text === '') continue
    if (type === 'number') inputs[name] = Number(text)
    else if (type === 'words')
      inputs[name] = text
        .split(',')
        .map((word) => word.trim())
        .filter(Boolean)
    else inputs[name] = text
  }
  return inputs
}
