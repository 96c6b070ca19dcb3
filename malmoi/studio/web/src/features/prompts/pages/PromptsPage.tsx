import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { send } from '../../../api/client'
import type { PromptRow } from '../../../api/schema'
import { useLanguage } from '../../../i18n/language'
import { moment } from '../../../text/numbers'
import { Button, buttonLook } from '../../../ui/Button/Button'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { ErrorNote } from '../../../ui/ErrorNote'
import { Icon } from '../../../ui/Icon'
import { Page } from '../../../ui/Page'
import { Segments } from '../../../ui/Segments'
import type { Column } from '../../../ui/Table/columns'
import { Table } from '../../../ui/Table/Table'
import { TextField } from '../../../ui/TextField/TextField'
import { toast } from '../../../ui/Toast/toasts'
import { DraftList } from '../DraftList'
import { promptPages, promptPath } from '../queries'
import { useRested } from '../useRested'

type Show = 'saved' | 'drafts' | 'trash'

/** All prompts: the saved ones, what is being written in this browser, and the trash. */
export default function PromptsPage() {
  const { t } = useLanguage()
  const { q = '', show = 'saved' } = useSearch({ from: '/prompts' })
  const navigate = useNavigate()
  const go = (search: { q?: string | undefined; show?: Exclude<Show, 'saved'> | undefined }) =>
    void navigate({ to: '/prompts', search, replace: true })
  const place = show === 'saved' ? undefined : show
  return (
    <Page title={t('prompts.title')}>
      <div className="toolbar">
        <Segments<Show>
          label={t('prompts.show')}
          options={[
            { id: 'saved', name: t('prompts.saved_ones') },
            { id: 'drafts', name: t('draft.list') },
            { id: 'trash', name: t('prompts.trash') },
          ]}
          value={show}
          onChange={(next) => go({ show: next === 'saved' ? undefined : next })}
        />
        <span className="toolbar-space" />
        <Link to="/play/{-$draft}" className={buttonLook({ kind: 'main' })}>
          <Icon name="add" />
          {t('draft.new')}
        </Link>
      </div>
      {show === 'drafts' ? (
        <DraftList />
      ) : (
        <>
          <TextField
            search
            hideLabel
            label={t('prompts.find')}
            value={q}
            onChange={(text) => go({ q: text || undefined, show: place })}
          />
          {show === 'trash' && <p className="help">{t('prompts.trash_how')}</p>}
          <SavedList q={q} trash={show === 'trash'} />
        </>
      )}
    </Page>
  )
}

function SavedList({ q, trash }: { q: string; trash: boolean }) {
  const { t, language } = useLanguage()
  const navigate = useNavigate()
  const query = useInfiniteQuery(promptPages(useRested(q), trash))
  const { remove, restore } = useTrash()
  const rows = query.data?.pages.flatMap(({ prompts }) => prompts) ?? []
  const columns: Column<PromptRow>[] = [
    {
      id: 'title',
      name: t('prompts.name'),
      width: 'minmax(160px, 2fr)',
      value: ({ title }) => title,
      cell: ({ title, labels, n }) => (
        <span>
          <strong>{title}</strong> <span className="quiet">{t('prompts.version', { n })}</span>
          {labels.map((label) => (
            <span key={label.name} className="chip">
              {t('labels.on', { name: label.name, n: label.n })}
            </span>
          ))}
        </span>
      ),
    },
    {
      id: 'line',
      name: t('prompts.first_line'),
      width: 'minmax(120px, 3fr)',
      value: ({ first_line }) => first_line,
      wideOnly: true,
    },
    {
      id: 'updated',
      name: trash ? t('prompts.removed_at') : t('prompts.updated'),
      width: '180px',
      wideOnly: true,
      value: ({ updated, deleted }) => deleted ?? updated,
      cell: ({ updated, deleted }) => moment(Date.parse(deleted ?? updated) / 1000, language),
    },
    {
      id: 'act',
      name: t('prompts.acts'),
      width: '110px',
      value: () => '',
      cell: (prompt) =>
        trash ? (
          <Button small onPress={() => void restore(prompt)}>
            {t('prompts.restore')}
          </Button>
        ) : (
          <Button
            kind="bare"
            aria-label={t('prompts.remove', { title: prompt.title })}
            onPress={() => void remove(prompt)}
          >
            <Icon name="bin" />
          </Button>
        ),
    },
  ]
  if (query.isError && rows.length === 0) return <ErrorNote error={query.error} retry={() => void query.refetch()} />
  return (
    <Table
      label={t('prompts.title')}
      columns={columns}
      rows={rows}
      keyOf={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: '/prompts/$prompt', params: { prompt: id } })}
      more={{
        has: query.hasNextPage,
        loading: query.isFetching,
        load: () => void query.fetchNextPage(),
      }}
      empty={<Nothing q={q} trash={trash} isLoading={query.isLoading} />}
    />
  )
}

function Nothing({ q, trash, isLoading }: { q: string; trash: boolean; isLoading: boolean }) {
  const { t } = useLanguage()
  if (isLoading) return <p className="quiet">{t('state.loading')}</p>
  if (q !== '') return <EmptyState icon="search" title={t('prompts.not_found', { q })} />
  if (trash) return <EmptyState icon="bin" title={t('prompts.trash_empty')} />
  const act = (
    <Link to="/play/{-$draft}" className={buttonLook({ kind: 'main' })}>
      {t('prompts.write')}
    </Link>
  )
  return (
    <EmptyState icon="playground" title={t('prompts.none')} act={act}>
      {t('prompts.none_how')}
    </EmptyState>
  )
}

/** Removing and bringing back, each with its undo. */
function useTrash() {
  const { t } = useLanguage()
  const client = useQueryClient()
  const renew = () => client.invalidateQueries({ queryKey: ['prompts'] })
  const put = async ({ id }: PromptRow) => {
    await send(promptPath(id), { method: 'DELETE' })
    await renew()
  }
  const bring = async ({ id }: PromptRow) => {
    await send(`${promptPath(id)}/restore`, { method: 'POST' })
    await renew()
  }
  return {
    remove: async (prompt: PromptRow) => {
      await put(prompt)
      toast(t('prompts.removed', { title: prompt.title }), () => bring(prompt))
    },
    restore: async (prompt: PromptRow) => {
      await bring(prompt)
      toast(t('prompts.restored', { title: prompt.title }), () => put(prompt))
    },
  }
}
