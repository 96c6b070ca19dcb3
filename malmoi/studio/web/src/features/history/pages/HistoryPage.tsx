import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { send } from '../../../api/client'
import { useLanguage } from '../../../i18n/language'
import { onEnd } from '../../../streams/store'
import { count, duration, shortMoment } from '../../../text/numbers'
import { Button, buttonLook } from '../../../ui/Button/Button'
import { CopyButton } from '../../../ui/CopyButton'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { ErrorNote } from '../../../ui/ErrorNote'
import { Icon } from '../../../ui/Icon'
import { Page } from '../../../ui/Page'
import type { Column } from '../../../ui/Table/columns'
import { Table } from '../../../ui/Table/Table'
import { AnswerState } from '../AnswerState'
import { FileMenu } from '../FileMenu'
import css from '../history.module.css'
import { HistoryFilters } from '../HistoryFilters'
import { answers, fileAddress, type AnswerLine } from '../queries'
import type { HistorySearch } from '../search'
import { useTrash } from '../useTrash'

/** Every answer that was ever given here: found, read, copied, taken away as a file, made again. */
export default function HistoryPage() {
  const { t } = useLanguage()
  const search = useSearch({ from: '/history' })
  const navigate = useNavigate()
  const client = useQueryClient()
  const query = useInfiniteQuery(answers(search))
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.answers) ?? [], [query.data])
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const columns = useColumns()
  const change = useCallback(
    (part: HistorySearch) => {
      setSelected(new Set())
      void navigate({ to: '/history', search: { ...search, ...part }, replace: true })
    },
    [navigate, search],
  )
  useEffect(() => onEnd(() => void client.invalidateQueries({ queryKey: ['answers', 'list'] })), [client])
  const isFiltered = Object.values(search).some((value) => value !== undefined)
  return (
    <Page title={t('history.title')}>
      <HistoryFilters search={search} onChange={change} />
      {query.isError && rows.length === 0 ? (
        <ErrorNote error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Table
          label={t('history.title')}
          columns={columns}
          rows={rows}
          keyOf={keyOf}
          onOpen={({ id }) => void navigate({ to: '/r/$answer', params: { answer: id } })}
          selected={selected}
          onSelect={setSelected}
          more={{ has: query.hasNextPage, loading: query.isFetching, load: () => void query.fetchNextPage() }}
          empty={<Nothing isFiltered={isFiltered} onAll={() => change(ALL)} />}
          acts={<Acts search={search} selected={[...selected]} onDone={() => setSelected(new Set())} />}
          height="calc(100dvh - 250px)"
        />
      )}
    </Page>
  )
}

const ALL: HistorySearch = { q: undefined, kind: undefined, model: undefined, subject: undefined, from: undefined }

const keyOf = ({ id }: AnswerLine) => id

function useColumns(): Column<AnswerLine>[] {
  const { t, language, named } = useLanguage()
  return useMemo(() => {
    return [
      {
        id: 'at',
        name: t('history.at'),
        value: ({ at }) => at,
        cell: ({ at }) => <time dateTime={at}>{shortMoment(Date.parse(at) / 1000, language)}</time>,
        width: '120px',
        wideOnly: true,
      },
      {
        id: 'asked',
        name: t('history.asked_and_text'),
        value: ({ asked }) => asked,
        cell: ({ id, asked, kind, text }) => (
          <div className={css.both}>
            <Link to="/r/$answer" params={{ answer: id }} className={css.line ?? ''}>
              {asked.trim() || named('history.kind', kind)}
            </Link>
            <span className={css.line}>{text || ' '}</span>
          </div>
        ),
        width: 'minmax(150px, 1fr)',
      },
      {
        id: 'state',
        name: t('history.state'),
        value: ({ state }) => named('history.state', state),
        cell: ({ state }) => <AnswerState state={state} />,
        width: '110px',
      },
      {
        id: 'kind',
        name: t('history.kind'),
        value: ({ kind }) => named('history.kind', kind),
        width: '90px',
        wideOnly: true,
      },
      { id: 'model', name: t('history.model'), value: ({ model }) => model, width: '120px', wideOnly: true },
      {
        id: 'tokens',
        name: t('history.tokens'),
        value: ({ answer_tokens }) => answer_tokens,
        cell: ({ answer_tokens }) => count(answer_tokens, language),
        width: '80px',
        numeric: true,
        wideOnly: true,
      },
      {
        id: 'seconds',
        name: t('history.seconds'),
        value: ({ seconds }) => seconds,
        cell: ({ seconds }) => duration(seconds, language),
        width: '100px',
        numeric: true,
        wideOnly: true,
      },
    ]
  }, [t, language, named])
}

interface ActsProps {
  search: HistorySearch
  selected: string[]
  onDone: () => void
}

/** What can be done with the chosen answers; a file is made of all that are listed where none is chosen. */
function Acts({ search, selected, onDone }: ActsProps) {
  const { t, language } = useLanguage()
  const { throwAway, restore } = useTrash()
  const none = selected.length === 0
  return (
    <>
      {!none && <CopyButton text={async () => (await send(fileAddress('md', language, selected, {}))).text()} />}
      {search.trash ? (
        <Button small isDisabled={none} onPress={() => void restore(selected).then(onDone)}>
          <Icon name="again" />
          {t('history.restore')}
        </Button>
      ) : (
        <Button small isDisabled={none} onPress={() => void throwAway(selected).then(onDone)}>
          <Icon name="bin" />
          {t('history.remove')}
        </Button>
      )}
      <FileMenu chosen={selected} search={search} />
    </>
  )
}

function Nothing({ isFiltered, onAll }: { isFiltered: boolean; onAll: () => void }) {
  const { t } = useLanguage()
  if (isFiltered) {
    return (
      <EmptyState
        icon="search"
        title={t('history.nothing')}
        act={<Button onPress={onAll}>{t('history.all')}</Button>}
      />
    )
  }
  return (
    <EmptyState
      icon="history"
      title={t('history.empty')}
      act={
        <Link to="/play/{-$draft}" className={buttonLook({ kind: 'main' })}>
          {t('history.begin')}
        </Link>
      }
    >
      {t('history.empty_how')}
    </EmptyState>
  )
}
