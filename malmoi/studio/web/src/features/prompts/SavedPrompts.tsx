import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Button } from 'react-aria-components'
import { getJson, send } from '../../api/client'
import type { Sampling } from '../../api/completions'
import { prompts } from '../../api/queries'
import type { PromptRow } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { ErrorNote } from '../../ui/ErrorNote'
import { Icon } from '../../ui/Icon'
import { EmptyState } from '../../ui/EmptyState/EmptyState'
import { Loaded } from '../../ui/Loaded'
import { Window } from '../../ui/Window'
import type { Draft } from './draft'

interface Props {
  draft: Draft
  sampling: Sampling
  onLoad: (draft: Draft, sampling: Partial<Sampling>) => void
}

/** What the store keeps of a prompt. */
interface Body {
  draft: Draft
  sampling: Sampling
}

export function SavedPrompts({ draft, sampling, onLoad }: Props) {
  const { t } = useLanguage()
  const [open, setOpen] = useState(false)
  const load = async ({ id }: PromptRow) => {
    const saved = await getJson<{ version: { body: Partial<Body> } }>(`/api/prompts/${encodeURIComponent(id)}`)
    const { body } = saved.version
    if (body.draft) onLoad(body.draft, body.sampling ?? {})
    setOpen(false)
  }
  return (
    <>
      <Button className="button" onPress={() => setOpen(true)}>
        <Icon name="save" />
        {t('prompts.open')}
      </Button>
      <Window title={t('prompts.title')} isOpen={open} onClose={() => setOpen(false)}>
        <SaveForm body={{ draft, sampling }} />
        <PromptList onLoad={(prompt) => void load(prompt)} />
      </Window>
    </>
  )
}

function SaveForm({ body }: { body: Body }) {
  const { t } = useLanguage()
  const client = useQueryClient()
  const title = useRef<HTMLInputElement>(null)
  const existing = useQuery(prompts()).data
  const save = useMutation({
    mutationFn: (name: string) => {
      // The same title makes a version of the prompt that has it.
      const same = existing?.find((prompt) => prompt.title === name)
      const path = same ? `/api/prompts/${encodeURIComponent(same.id)}/versions` : '/api/prompts'
      return send(path, { method: 'POST', body: same ? { base: same.n, body } : { title: name, body } })
    },
    onSuccess: () => {
      if (title.current) title.current.value = ''
      title.current?.focus()
      return client.invalidateQueries({ queryKey: ['prompts'] })
    },
  })
  return (
    <form
      className="save-form"
      onSubmit={(event) => {
        event.preventDefault()
        const name = title.current?.value.trim()
        if (name) save.mutate(name)
      }}
    >
      <input
        ref={title}
        className="text-box"
        aria-label={t('prompts.name')}
        placeholder={t('prompts.name')}
        maxLength={200}
      />
      <Button type="submit" className="button button-main" isPending={save.isPending}>
        {t('prompts.save')}
      </Button>
      {save.isError && <ErrorNote error={save.error} />}
    </form>
  )
}

function PromptList({ onLoad }: { onLoad: (prompt: PromptRow) => void }) {
  const { t } = useLanguage()
  const client = useQueryClient()
  const query = useQuery(prompts())
  const remove = useMutation({
    mutationFn: (id: string) => send(`/api/prompts/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['prompts'] }),
  })
  return (
    <Loaded query={query}>
      {(saved) =>
        saved.length === 0 ? (
          <EmptyState title={t('prompts.none')} />
        ) : (
          <ul className="rows">
            {saved.map((prompt) => (
              <li key={prompt.id} className="row">
                <span className="row-name">{prompt.title}</span>
                <Button className="button button-small" onPress={() => onLoad(prompt)}>
                  {t('prompts.load')}
                </Button>
                <Button
                  className="button button-bare"
                  aria-label={t('prompts.remove', { title: prompt.title })}
                  onPress={() => remove.mutate(prompt.id)}
                >
                  <Icon name="bin" />
                </Button>
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}
