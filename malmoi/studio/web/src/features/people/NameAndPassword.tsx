import { useId, type FormEvent } from 'react'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { ErrorNote } from '../../ui/ErrorNote'
import css from './people.module.css'

interface Props {
  verb: string
  /** Whether the password is a new one: browsers then offer to make and keep it. */
  isNew: boolean
  isPending: boolean
  error: Error | null
  onSend: (name: string, password: string) => void
}

/** The fields of signing in and of a new account. They are the browser's own, so that it can fill them in. */
export function NameAndPassword({ verb, isNew, isPending, error, onSend }: Props) {
  const { t } = useLanguage()
  const id = useId()
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const said = new FormData(event.currentTarget)
    onSend(String(said.get('name')), String(said.get('password')))
  }
  return (
    <form className={css.form} onSubmit={send}>
      <label htmlFor={`${id}-name`} className="field-label">
        {t('people.name')}
      </label>
      <input
        id={`${id}-name`}
        name="name"
        className="text-box"
        required
        maxLength={80}
        autoComplete="username"
        spellCheck={false}
      />
      <label htmlFor={`${id}-password`} className="field-label">
        {t('people.password')}
      </label>
      <input
        id={`${id}-password`}
        name="password"
        type="password"
        className="text-box"
        required
        minLength={isNew ? 10 : 1}
        maxLength={200}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        aria-describedby={isNew ? `${id}-help` : undefined}
      />
      {isNew && (
        <p id={`${id}-help`} className="quiet">
          {t('people.password_help')}
        </p>
      )}
      {error && <ErrorNote error={error} />}
      <Button type="submit" kind="main" isPending={isPending}>
        {verb}
      </Button>
    </form>
  )
}
