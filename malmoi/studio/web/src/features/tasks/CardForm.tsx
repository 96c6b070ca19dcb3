import { useId, useState } from 'react'
import { Button } from 'react-aria-components'
import type { Inputs } from '../../api/cards'
import type { Card, Input as CardInput } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { Choice } from '../../ui/Choice'
import { Icon } from '../../ui/Icon'
import { PlainText } from '../../text/PlainText'

/** What stands in the form, as written. */
export type Filled = Record<string, string>

interface Props {
  card: Card
  filled: Filled
  onChange: (filled: Filled) => void
  onExample: () => void
  onRun: () => void
  running: boolean
}

export function CardForm({ card, filled, onChange, onExample, onRun, running }: Props) {
  const { t } = useLanguage()
  return (
    <form
      className="card-form"
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
          onChange={(value) => onChange({ ...filled, [input.name]: value })}
        />
      ))}
      <div className="toolbar">
        <Button className="button" onPress={onExample}>
          {t('cards.example')}
        </Button>
        <span className="toolbar-space" />
        <Button type="submit" className="button button-main" isPending={running}>
          <Icon name="play" />
          {t('action.run')}
        </Button>
      </div>
    </form>
  )
}

interface FieldProps {
  input: CardInput
  value: string
  onChange: (value: string) => void
}

function Field({ input, value, onChange }: FieldProps) {
  const { t, pick } = useLanguage()
  const id = useId()
  if (input.type === 'choice') {
    const options = input.choices.map((choice) => ({ id: choice, name: choice }))
    return <Choice label={pick(input.title)} options={options} value={value} onChange={onChange} />
  }
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {pick(input.title)}
        {!input.required && <span className="quiet"> {t('cards.optional')}</span>}
      </label>
      {input.type === 'long_text' ? (
        <PlainText
          id={id}
          className="long-box"
          initial={value}
          maxLength={input.max_chars}
          required={input.required}
          onText={onChange}
        />
      ) : (
        <LineBox id={id} input={input} value={value} onChange={onChange} />
      )}
      <p className="facts">
        {input.type === 'words'
          ? t('cards.words')
          : t('cards.chars', { chars: [...value].length, max: input.max_chars })}
      </p>
    </div>
  )
}

/** One line, left alone by React while it is being written, as PlainText is. */
function LineBox({ id, input, value, onChange }: FieldProps & { id: string }) {
  const [first] = useState(value)
  return (
    <input
      id={id}
      className="text-box"
      inputMode={input.type === 'number' ? 'decimal' : undefined}
      defaultValue={first}
      maxLength={input.max_chars || undefined}
      required={input.required}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
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
