import { useMemo } from 'react'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { Icon } from '../../ui/Icon'
import { TextField } from '../../ui/TextField/TextField'
import { toast } from '../../ui/Toast/toasts'
import { bodyOf, type Draft, type Example } from './draft'
import css from './play.module.css'
import { variablesOf } from './request'
import type { Session } from './session'

interface Props {
  session: Session
  draft: Draft
}

/** A value for each {{이름}} in the text, and the table of examples that go before it. */
export function Variables({ session, draft }: Props) {
  const { t } = useLanguage()
  const { mode, prompt, system, turns, examples } = draft
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the names depend on the texts alone
  const names = useMemo(() => variablesOf(bodyOf(draft)), [mode, prompt, system, turns])
  const isOpen = names.length > 0 || examples.length > 0
  return (
    <details className="fold" open={isOpen || undefined}>
      <summary>{t('variables.fold', { variables: names.length, examples: examples.length })}</summary>
      <p className="help">{t('variables.help')}</p>
      <div className={css.form ?? ''}>
        {names.map((name) => (
          <TextField
            key={name}
            label={name}
            value={draft.variables[name] ?? ''}
            onChange={(value) => session.edit((now) => ({ ...now, variables: { ...now.variables, [name]: value } }))}
            error={draft.variables[name] ? undefined : t('variables.empty')}
          />
        ))}
        <Examples session={session} examples={examples} names={names} />
      </div>
    </details>
  )
}

interface ExamplesProps {
  session: Session
  examples: Example[]
  names: string[]
}

/** Few-shot: each row stands before the text in its own form, with the answer that belongs to it. */
function Examples({ session, examples, names }: ExamplesProps) {
  const { t } = useLanguage()
  const put = (next: Example[]) => session.edit((now) => ({ ...now, examples: next }))
  const change = (place: number, part: Partial<Example>) =>
    session.edit((now) => ({
      ...now,
      examples: now.examples.map((one, at) => (at === place ? { ...one, ...part } : one)),
    }))
  const remove = (place: number) => {
    put(examples.toSpliced(place, 1))
    toast(t('examples.removed'), () => put(examples))
  }
  return (
    <section aria-label={t('examples.title')}>
      {examples.length > 0 && (
        <table className={css.examples ?? ''}>
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <th scope="col">{t('examples.answer')}</th>
              <th>
                <span className="sr-only">{t('prompts.acts')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {examples.map((example, place) => (
              <tr key={place}>
                {names.map((name) => (
                  <td key={name}>
                    <TextField
                      hideLabel
                      label={t('examples.cell', { name, row: place + 1 })}
                      value={example.values[name] ?? ''}
                      onChange={(value) => change(place, { values: { ...example.values, [name]: value } })}
                    />
                  </td>
                ))}
                <td>
                  <TextField
                    hideLabel
                    label={t('examples.cell', { name: t('examples.answer'), row: place + 1 })}
                    value={example.answer}
                    onChange={(answer) => change(place, { answer })}
                  />
                </td>
                <td>
                  <Button
                    kind="bare"
                    aria-label={t('examples.remove', { row: place + 1 })}
                    onPress={() => remove(place)}
                  >
                    <Icon name="bin" />
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Button small onPress={() => put([...examples, { values: {}, answer: '' }])}>
        <Icon name="add" />
        {t('examples.add')}
      </Button>
    </section>
  )
}
