import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { documents } from '../../api/queries'
import type { CorpusDocument } from '../../api/schema'
import { ApiError } from '../../i18n/errors'
import { useLanguage } from '../../i18n/language'
import { bytes } from '../../text/numbers'
import { Button } from '../../ui/Button/Button'
import { classes } from '../../ui/classes'
import { EmptyState } from '../../ui/EmptyState/EmptyState'
import { ErrorNote } from '../../ui/ErrorNote'
import { Loaded } from '../../ui/Loaded'
import { Note } from '../../ui/Note/Note'
import { Pager } from '../../ui/Pager/Pager'
import { StatusBadge } from '../../ui/StatusBadge/StatusBadge'
import type { Column } from '../../ui/Table/columns'
import { Table } from '../../ui/Table/Table'
import css from './DocumentTable.module.css'
import { isFoul } from './foul'
import type { DocumentsSearch } from './search'
import { useLabel } from './useLabel'

interface Props {
  run: string
  search: DocumentsSearch
  onOpen: (id: string) => void
  onPage: (after: string | undefined) => void
}

/** One page of the ledger as a table; a row opens the document. Foul text is folded until it is asked for. */
export function DocumentTable({ run, search, onOpen, onPage }: Props) {
  const { t } = useLanguage()
  const [showsFoul, setShowsFoul] = useState(false)
  const columns = useColumns(run, showsFoul)
  const query = useQuery(documents(run, search))
  if (query.error instanceof ApiError && query.error.code === 'corpus_rebuilt') {
    return (
      <>
        <ErrorNote error={query.error} />
        <Button onPress={() => onPage(undefined)}>{t('pager.first')}</Button>
      </>
    )
  }
  return (
    <Loaded query={query} lines={12}>
      {({ documents: list, total, before, next, previous }) => {
        const foul = list.filter(isFoul).length
        return (
          <>
            {foul > 0 && (
              <Note kind="warn">
                {t('corpus.foul', { count: foul })}
                <Button small onPress={() => setShowsFoul(!showsFoul)}>
                  {showsFoul ? t('corpus.hide_foul') : t('corpus.show_foul')}
                </Button>
              </Note>
            )}
            <Table
              label={t('corpus.documents')}
              columns={columns}
              rows={list}
              keyOf={keyOf}
              onOpen={(document) => document.id !== null && onOpen(document.id)}
              csvName={`${run}-documents`}
              rowPx={ROW_PX}
              empty={<EmptyState icon="search" title={t('corpus.no_documents')} />}
            />
            <Pager
              first={before === null ? null : before + 1}
              rows={list.length}
              total={total}
              previous={previous}
              next={next}
              onPlace={(place) => onPage(place ?? undefined)}
            />
          </>
        )
      }}
    </Loaded>
  )
}

/** Two lines: the title, and the beginning of the text. */
const ROW_PX = 64

/** What could not be read has no id: its place in the raw files tells it apart. */
function keyOf({ id, origin }: CorpusDocument): string {
  return `${id ?? ''} ${origin?.file ?? ''} ${origin?.offset ?? 0}`
}

function useColumns(run: string, showsFoul: boolean): Column<CorpusDocument>[] {
  const { t, language } = useLanguage()
  const label = useLabel(run)
  return useMemo(
    () => [
      {
        id: 'title',
        name: t('corpus.title'),
        width: 'minmax(180px, 3fr)',
        value: ({ title, origin, id }) => title ?? origin?.file ?? id,
        cell: (document) => <Title document={document} showsFoul={showsFoul} />,
      },
      {
        id: 'verdict',
        name: t('corpus.verdict'),
        width: 'minmax(110px, 1fr)',
        value: ({ kept, reasons }) =>
          kept ? t('corpus.is_kept') : reasons.map((reason) => label('reason', reason)).join(', '),
        cell: ({ kept, reasons }) => (
          <StatusBadge tone={kept ? 'good' : 'quiet'}>
            {kept
              ? t('corpus.is_kept')
              : reasons.map((reason) => label('reason', reason)).join(', ') || t('corpus.is_dropped')}
          </StatusBadge>
        ),
      },
      {
        id: 'kind',
        name: t('corpus.kind'),
        width: '100px',
        wideOnly: true,
        value: ({ kind }) => kind && label('kind', kind),
      },
      {
        id: 'source',
        name: t('document.source'),
        width: 'minmax(90px, 1fr)',
        wideOnly: true,
        value: ({ source }) => source,
      },
      {
        id: 'size',
        name: t('document.size'),
        width: '100px',
        numeric: true,
        wideOnly: true,
        value: ({ text_bytes }) => text_bytes,
        cell: ({ text_bytes }) => (text_bytes === null ? '' : bytes(text_bytes, language)),
      },
    ],
    [t, language, label, showsFoul],
  )
}

function Title({ document, showsFoul }: { document: CorpusDocument; showsFoul: boolean }) {
  const { t } = useLanguage()
  const { id, title, origin, excerpt, detail } = document
  const hidden = isFoul(document) && !showsFoul
  return (
    <div className={classes(css.words)}>
      <span className={classes(css.title)}>{title ?? origin?.file ?? id}</span>
      <span className={classes(css.excerpt)}>
        {hidden ? t('corpus.folded') : (excerpt ?? detail)?.slice(0, EXCERPT_CHARS)}
      </span>
    </div>
  )
}

/** More than this does not fit on a line of the widest window. */
const EXCERPT_CHARS = 160
