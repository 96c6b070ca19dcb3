import { useId } from 'react'
import { useLanguage } from '../../i18n/language'
import { classes } from '../../ui/classes'
import { shownOf } from './changes'
import css from './jobs.module.css'
import type { JobField } from '../../api/schema'
import type { Value } from './changes'

interface Props {
  field: JobField
  /** What it was changed to; undefined where it is as the recipe says. */
  value: Value | undefined
  onChange: (field: JobField, text: string) => void
}

/** A setting under its name in the recipe. What stands in the recipe is shown in it; what is changed is marked. */
export function SettingField({ field, value, onChange }: Props) {
  const { t } = useLanguage()
  const id = useId()
  const change = (text: string) => onChange(field, text)
  const given = shownOf(field.value)
  const text = value === undefined ? given : shownOf(value)
  const choices = choicesOf(field)
  const hints = [
    ...(value !== undefined && field.type !== 'flag' ? [t('jobs.in_recipe', { value: given || '–' })] : []),
    ...(field.type === 'texts' && field.choices.length ? [field.choices.join(', ')] : []),
    ...(field.about ? [field.about] : []),
  ]
  return (
    <div className={classes(css.field, value !== undefined && css.changed)}>
      <label htmlFor={id} className="mono">
        {field.key.slice(field.key.lastIndexOf('.') + 1)}
      </label>
      {choices ? (
        <select id={id} className="text-box" value={text} onChange={(event) => change(event.target.value)}>
          {!choices.includes(given) && <option value="">–</option>}
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          className="text-box"
          inputMode={field.type === 'int' ? 'numeric' : field.type === 'float' ? 'decimal' : 'text'}
          defaultValue={text}
          placeholder={given || '–'}
          onChange={(event) => change(event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )}
      {hints.length > 0 && <small className="quiet">{hints.join(' · ')}</small>}
    </div>
  )
}

function choicesOf({ type, choices }: JobField): string[] | null {
  if (type === 'bool' || type === 'flag') return ['false', 'true']
  return type === 'choice' ? choices : null
}
