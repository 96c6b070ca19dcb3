import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { getJson } from '../../api/client'
import type { PromptVersion, SavedPrompt } from '../../api/schema'
import { ApiError } from '../../i18n/errors'
import { useLanguage } from '../../i18n/language'
import { Button, buttonLook } from '../../ui/Button/Button'
import { Diff } from '../../ui/Diff/Diff'
import { ErrorNote } from '../../ui/ErrorNote'
import { Icon } from '../../ui/Icon'
import { useKeys } from '../../ui/keys/useKeys'
import { TextField } from '../../ui/TextField/TextField'
import { toast } from '../../ui/Toast/toasts'
import { Window } from '../../ui/Window'
import { bodyOf, bodyText, isChanged, type Draft } from './draft'
import { readable } from './readable'
import css from './play.module.css'
import type { Session } from './session'

/** What a save asks for. base: the version that the text was made on; null: it becomes a new prompt. */
interface Wanted {
  promptId: string | null
  base: number | null
  title: string
  message: string
}

/** Saves what is written as a new prompt, or as the next version of the one that it was made of. Ctrl+S opens it. */
export function SaveButton({ session, draft }: { session: Session; draft: Draft }) {
  const { t } = useLanguage()
  const [isOpen, setOpen] = useState(false)
  useKeys('page', [{ keys: 'Mod+s', does: t('prompts.save'), run: () => setOpen(true) }])
  return (
    <>
      {draft.promptId !== null && (
        <Link to="/prompts/$prompt" params={{ prompt: draft.promptId }} className="chip">
          {t('prompts.version', { n: draft.base ?? 0 })}
          {isChanged(draft) && ` · ${t('prompts.changed')}`}
        </Link>
      )}
      <Button onPress={() => setOpen(true)}>
        <Icon name="save" />
        {t('prompts.save')}
      </Button>
      <Window title={t('prompts.save')} isOpen={isOpen} onClose={() => setOpen(false)}>
        {isOpen && <SaveForm session={session} onDone={() => setOpen(false)} />}
      </Window>
    </>
  )
}

function SaveForm({ session, onDone }: { session: Session; onDone: () => void }) {
  const { t } = useLanguage()
  const client = useQueryClient()
  const now = session.now()
  const [title, setTitle] = useState(now.title)
  const [message, setMessage] = useState('')
  const save = useMutation({
    mutationFn: ({ promptId, base, title: name, message: said }: Wanted) => {
      const body = bodyOf(session.now())
      return promptId === null
        ? getJson<SavedPrompt>('/api/prompts', { method: 'POST', body: { title: name, body, message: said } })
        : getJson<SavedPrompt>(`/api/prompts/${promptId}/versions`, {
            method: 'POST',
            body: { base, body, message: said },
          })
    },
    onSuccess: async (saved) => {
      session.edit((draft) => ({
        ...draft,
        promptId: saved.id,
        title: saved.title,
        base: saved.n,
        saved: bodyText(draft),
      }))
      toast(t('prompts.saved', { title: saved.title, n: saved.n }))
      onDone()
      await client.invalidateQueries({ queryKey: ['prompts'] })
    },
  })
  const isNew = now.promptId === null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (title.trim() !== '') save.mutate({ promptId: now.promptId, base: now.base, title, message })
  }
  const refused = save.error instanceof ApiError ? save.error : null
  const newest = refused?.code === 'version_conflict' ? (refused.body as { newest: PromptVersion }).newest : null
  if (newest) {
    const again = () => save.mutate({ promptId: now.promptId, base: newest.n, title, message })
    return <Conflict mine={now} newest={newest} onKeepMine={again} onLater={onDone} />
  }
  return (
    <form className={css.form ?? ''} onSubmit={submit}>
      {isNew ? (
        <TextField label={t('prompts.name')} value={title} onChange={setTitle} maxLength={200} autoFocus />
      ) : (
        <p>{t('prompts.next_version', { title: now.title, n: (now.base ?? 0) + 1 })}</p>
      )}
      <TextField
        label={t('prompts.message')}
        help={t('prompts.message_help')}
        value={message}
        onChange={setMessage}
        maxLength={500}
        autoFocus={!isNew}
      />
      {save.isError && <ErrorNote error={save.error} />}
      <div className={css.row ?? ''}>
        <Button type="submit" kind="main" isPending={save.isPending}>
          {isNew ? t('prompts.save_new') : t('prompts.save_version')}
        </Button>
        {!isNew && <AsNew session={session} title={now.title} />}
      </div>
    </form>
  )
}

/** A copy under another name: the draft goes on as a new prompt. */
function AsNew({ session, title }: { session: Session; title: string }) {
  const { t } = useLanguage()
  const part = () =>
    session.edit((draft) => ({
      ...draft,
      promptId: null,
      base: null,
      title: t('prompts.copy_of', { title }),
      saved: '',
    }))
  return <Button onPress={part}>{t('prompts.as_new')}</Button>
}

interface ConflictProps {
  mine: Draft
  newest: PromptVersion
  onKeepMine: () => void
  onLater: () => void
}

/** Somebody saved in between: both texts, and the choice. Nothing was overwritten, and nothing is lost. */
function Conflict({ mine, newest, onKeepMine, onLater }: ConflictProps) {
  const { t } = useLanguage()
  return (
    <div className={css.form ?? ''}>
      <p role="alert">{t('conflict.what', { base: mine.base ?? 0, n: newest.n })}</p>
      <Diff
        before={readable(newest.body, t)}
        after={readable(bodyOf(mine), t)}
        names={[t('conflict.theirs', { n: newest.n }), t('conflict.mine')]}
      />
      <div className={css.row ?? ''}>
        <Button kind="main" onPress={onKeepMine}>
          {t('conflict.keep_mine', { n: newest.n + 1 })}
        </Button>
        <Link
          to="/play/{-$draft}"
          search={{ prompt: mine.promptId ?? '', version: newest.n }}
          target="_blank"
          className={buttonLook()}
        >
          {t('conflict.open_theirs')}
        </Link>
        <Button onPress={onLater}>{t('conflict.later')}</Button>
      </div>
    </div>
  )
}
