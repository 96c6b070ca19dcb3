import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { getJson, send } from '../../../api/client'
import type { SavedPrompt, VersionRow } from '../../../api/schema'
import { useLanguage } from '../../../i18n/language'
import { moment } from '../../../text/numbers'
import { Button, buttonLook } from '../../../ui/Button/Button'
import { CodeBlock } from '../../../ui/CodeBlock/CodeBlock'
import { ErrorNote } from '../../../ui/ErrorNote'
import { Loaded } from '../../../ui/Loaded'
import { Menu } from '../../../ui/Menu/Menu'
import { Page } from '../../../ui/Page'
import { TextField } from '../../../ui/TextField/TextField'
import { toast } from '../../../ui/Toast/toasts'
import { Window } from '../../../ui/Window'
import { nameCurl, namePython } from '../nameCode'
import css from '../play.module.css'
import { promptPath, savedPrompt, version, versionPages } from '../queries'
import { readable } from '../readable'

/** One saved prompt: its newest text, its versions and labels, and how a program calls it. */
export default function PromptPage() {
  const { prompt: id } = useParams({ from: '/prompts/$prompt' })
  const { t } = useLanguage()
  const query = useQuery(savedPrompt(id))
  return (
    <Page title={query.data?.title ?? t('prompts.title')}>
      <p>
        <Link to="/prompts" className="back">
          ← {t('prompts.title')}
        </Link>
      </p>
      <Loaded query={query}>{(prompt) => <Prompt prompt={prompt} />}</Loaded>
    </Page>
  )
}

function Prompt({ prompt }: { prompt: SavedPrompt }) {
  const { t } = useLanguage()
  const [renaming, setRenaming] = useState(false)
  const { remove, restore } = useRemoval(prompt)
  const isChat = (prompt.version.body as { draft?: { mode?: string } }).draft?.mode === 'chat'
  return (
    <>
      <div className="toolbar">
        <span className="quiet">{t('prompts.version', { n: prompt.n })}</span>
        {prompt.version.message && <span className="quiet">· {prompt.version.message}</span>}
        <span className="toolbar-space" />
        {prompt.deleted === null ? (
          <>
            <Link to="/play/{-$draft}" search={{ prompt: prompt.id }} className={buttonLook({ kind: 'main' })}>
              {t('prompts.edit')}
            </Link>
            <Menu
              label={t('prompts.acts')}
              acts={[
                { id: 'rename', name: t('prompts.rename'), run: () => setRenaming(true) },
                { id: 'remove', name: t('prompts.remove_it'), icon: 'bin', danger: true, run: () => void remove() },
              ]}
            />
          </>
        ) : (
          <Button kind="main" onPress={() => void restore()}>
            {t('prompts.restore')}
          </Button>
        )}
      </div>
      {prompt.deleted !== null && <p className="note">{t('prompts.in_trash')}</p>}
      <CodeBlock code={readable(prompt.version.body, t)} label={t('prompts.text')} />
      <h2>{t('prompts.versions')}</h2>
      <Versions prompt={prompt} />
      <h2>{t('prompts.call')}</h2>
      <p className="help">{t('prompts.call_how')}</p>
      <CodeBlock code={namePython(prompt.title, isChat, location.origin)} label="Python" />
      <CodeBlock code={nameCurl(prompt.title, isChat, location.origin)} label="curl" />
      <Window title={t('prompts.rename')} isOpen={renaming} onClose={() => setRenaming(false)}>
        {renaming && <Rename prompt={prompt} onDone={() => setRenaming(false)} />}
      </Window>
    </>
  )
}

function useRemoval({ id, title }: SavedPrompt) {
  const { t } = useLanguage()
  const client = useQueryClient()
  const navigate = useNavigate()
  const renew = () => client.invalidateQueries({ queryKey: ['prompts'] })
  const restore = async () => {
    await send(`${promptPath(id)}/restore`, { method: 'POST' })
    await renew()
  }
  const remove = async () => {
    await send(promptPath(id), { method: 'DELETE' })
    await renew()
    await navigate({ to: '/prompts' })
    toast(t('prompts.removed', { title }), restore)
  }
  return { remove, restore }
}

function Rename({ prompt, onDone }: { prompt: SavedPrompt; onDone: () => void }) {
  const { t } = useLanguage()
  const client = useQueryClient()
  const [title, setTitle] = useState(prompt.title)
  const put = (name: string) => send(promptPath(prompt.id), { method: 'PUT', body: { title: name } })
  const rename = useMutation({
    mutationFn: () => put(title),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['prompts'] })
      toast(t('prompts.renamed', { title }), async () => {
        await put(prompt.title)
        await client.invalidateQueries({ queryKey: ['prompts'] })
      })
      onDone()
    },
  })
  return (
    <form
      className={css.form ?? ''}
      onSubmit={(event) => {
        event.preventDefault()
        rename.mutate()
      }}
    >
      <TextField label={t('prompts.name')} value={title} onChange={setTitle} maxLength={200} autoFocus />
      {rename.isError && <ErrorNote error={rename.error} />}
      <Button type="submit" kind="main" isPending={rename.isPending}>
        {t('prompts.rename')}
      </Button>
    </form>
  )
}

function Versions({ prompt }: { prompt: SavedPrompt }) {
  const { t } = useLanguage()
  const query = useInfiniteQuery(versionPages(prompt.id))
  if (query.isError) return <ErrorNote error={query.error} retry={() => void query.refetch()} />
  const rows = query.data?.pages.flatMap(({ versions }) => versions) ?? []
  return (
    <>
      <ul className="rows">
        {rows.map((row) => (
          <VersionLine key={row.n} prompt={prompt} row={row} />
        ))}
      </ul>
      {query.hasNextPage && <Button onPress={() => void query.fetchNextPage()}>{t('prompts.more_versions')}</Button>}
    </>
  )
}

function VersionLine({ prompt, row }: { prompt: SavedPrompt; row: VersionRow }) {
  const { t, language } = useLanguage()
  const [labelling, setLabelling] = useState(false)
  const { put, take, rollBack } = useVersionActs(prompt)
  const isNewest = row.n === prompt.n
  return (
    <li className="row">
      <span className="row-name">
        <strong>{t('prompts.version', { n: row.n })}</strong> {row.message}{' '}
        {row.labels.map((name) => (
          <span key={name} className="chip chip-on">
            {name}
          </span>
        ))}
        <span className="quiet"> {moment(Date.parse(row.created) / 1000, language)}</span>
      </span>
      {!isNewest && (
        <Link
          to="/prompts/$prompt/versions"
          params={{ prompt: prompt.id }}
          search={{ base: row.n, with: prompt.n }}
          className={buttonLook({ small: true })}
        >
          {t('prompts.compare')}
        </Link>
      )}
      <Menu
        label={t('prompts.acts_of', { n: row.n })}
        acts={[
          {
            id: 'live',
            name: t('labels.put_live'),
            run: () => void put(t('labels.live'), row.n),
            disabled: row.labels.includes(t('labels.live')),
          },
          { id: 'label', name: t('labels.put'), run: () => setLabelling(true) },
          ...row.labels.map((name) => ({
            id: `take-${name}`,
            name: t('labels.take', { name }),
            run: () => void take(name, row.n),
          })),
          { id: 'back', name: t('prompts.roll_back'), run: () => void rollBack(row.n), disabled: isNewest },
        ]}
      />
      <Window title={t('labels.put')} isOpen={labelling} onClose={() => setLabelling(false)}>
        {labelling && (
          <LabelForm
            onPut={async (name) => {
              await put(name, row.n)
              setLabelling(false)
            }}
          />
        )}
      </Window>
    </li>
  )
}

function LabelForm({ onPut }: { onPut: (name: string) => Promise<void> }) {
  const { t } = useLanguage()
  const [name, setName] = useState('')
  const put = useMutation({ mutationFn: () => onPut(name.trim()) })
  return (
    <form
      className={css.form ?? ''}
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') put.mutate()
      }}
    >
      <TextField
        label={t('labels.name')}
        help={t('labels.help')}
        value={name}
        onChange={setName}
        maxLength={40}
        autoFocus
      />
      {put.isError && <ErrorNote error={put.error} />}
      <Button type="submit" kind="main">
        {t('labels.put')}
      </Button>
    </form>
  )
}

/** What is done with a version: labels moved, an old text made the newest again; each with its undo. */
function useVersionActs(prompt: SavedPrompt) {
  const { t } = useLanguage()
  const client = useQueryClient()
  const renew = () => client.invalidateQueries({ queryKey: ['prompts'] })
  const path = (name: string) => `${promptPath(prompt.id)}/labels/${encodeURIComponent(name)}`
  const set = async (name: string, n: number | null) => {
    await (n === null ? send(path(name), { method: 'DELETE' }) : send(path(name), { method: 'PUT', body: { n } }))
    await renew()
  }
  const before = (name: string) => prompt.labels.find((label) => label.name === name)?.n ?? null
  const save = (body: unknown, base: number, message: string) =>
    getJson<SavedPrompt>(`${promptPath(prompt.id)}/versions`, { method: 'POST', body: { body, base, message } })
  return {
    put: async (name: string, n: number) => {
      await set(name, n)
      toast(t('labels.was_put', { name, n }), () => set(name, before(name)))
    },
    take: async (name: string, n: number) => {
      await set(name, null)
      toast(t('labels.was_taken', { name }), () => set(name, n))
    },
    rollBack: async (n: number) => {
      const old = await client.fetchQuery(version(prompt.id, n))
      const saved = await save(old.body, prompt.n, t('prompts.rolled_back', { n }))
      await renew()
      toast(t('prompts.was_rolled_back', { n, now: saved.n }), async () => {
        await save(prompt.version.body, saved.n, t('prompts.rolled_back', { n: prompt.n }))
        await renew()
      })
    },
  }
}
