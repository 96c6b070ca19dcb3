import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from 'react-aria-components'
import { documents, DOCUMENTS_PER_PAGE, type Filter } from '../../api/queries'
import type { Corpus, CorpusDocument } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { Choice } from '../../ui/Choice'
import { Icon } from '../../ui/Icon'
import { Empty, Loaded } from '../../ui/Loaded'
import { bytes, count } from '../../text/numbers'
import { DocumentWindow } from './DocumentWindow'
import { useLabel } from './useLabel'

/** The server pages no further (documented in its route). */
const LAST_PAGE = 1000

/** Kept and dropped documents side by side. */
export function Samples({ run, corpus }: { run: string; corpus: Corpus }) {
  const [opened, setOpened] = useState<string | null>(null)
  return (
    <div className="samples">
      <Column run={run} corpus={corpus} status="kept" onOpen={setOpened} />
      <Column run={run} corpus={corpus} status="dropped" onOpen={setOpened} />
      <DocumentWindow run={run} id={opened} onClose={() => setOpened(null)} />
    </div>
  )
}

interface ColumnProps {
  run: string
  corpus: Corpus
  status: Filter['status']
  onOpen: (id: string) => void
}

function Column({ run, corpus, status, onOpen }: ColumnProps) {
  const { t } = useLanguage()
  const label = useLabel(run)
  const [filter, setFilter] = useState<Filter>({ status, reason: '', kind: '', page: 1 })
  const query = useQuery(documents(run, filter))
  const title = status === 'kept' ? t('corpus.kept_samples') : t('corpus.dropped_samples')
  const everything = { id: '', name: t('corpus.all') }
  const options = (names: string[], of: 'reason' | 'kind') => [
    everything,
    ...names.map((name) => ({ id: name, name: label(of, name) })),
  ]
  return (
    <section className="block" aria-label={title}>
      <div className="block-head">
        <h2>{title}</h2>
        {status === 'dropped' ? (
          <Choice
            label={t('corpus.reason')}
            hideLabel
            options={options(
              corpus.dropped_by_reason.map(({ reason }) => reason),
              'reason',
            )}
            value={filter.reason}
            onChange={(reason) => setFilter({ ...filter, reason, page: 1 })}
          />
        ) : (
          <Choice
            label={t('corpus.kind')}
            hideLabel
            options={options(
              corpus.by_kind.map(({ kind }) => kind),
              'kind',
            )}
            value={filter.kind}
            onChange={(kind) => setFilter({ ...filter, kind, page: 1 })}
          />
        )}
      </div>
      <Loaded query={query} lines={12}>
        {({ documents: list, total }) => (
          <>
            {list.length === 0 && <Empty title={t('corpus.no_documents')} />}
            <ul className="documents">
              {list.map((document, place) => (
                <Sample key={document.id ?? place} run={run} document={document} onOpen={onOpen} />
              ))}
            </ul>
            <Pager page={filter.page} total={total} onPage={(page) => setFilter({ ...filter, page })} />
          </>
        )}
      </Loaded>
    </section>
  )
}

interface PagerProps {
  page: number
  total: number
  onPage: (page: number) => void
}

function Pager({ page, total, onPage }: PagerProps) {
  const { t } = useLanguage()
  const pages = Math.min(LAST_PAGE, Math.max(1, Math.ceil(total / DOCUMENTS_PER_PAGE)))
  return (
    <div className="pager">
      <Button
        className="button button-bare"
        aria-label={t('pager.before')}
        isDisabled={page <= 1}
        onPress={() => onPage(page - 1)}
      >
        <Icon name="left" />
      </Button>
      <span className="facts">{t('pager.place', { page, pages, total: count(total) })}</span>
      <Button
        className="button button-bare"
        aria-label={t('pager.after')}
        isDisabled={page >= pages}
        onPress={() => onPage(page + 1)}
      >
        <Icon name="right" />
      </Button>
    </div>
  )
}

interface SampleProps {
  run: string
  document: CorpusDocument
  onOpen: (id: string) => void
}

function Sample({ run, document, onOpen }: SampleProps) {
  const { t } = useLanguage()
  const label = useLabel(run)
  const { id, title, kind, source, reasons, detail, text_bytes: size, excerpt, origin } = document
  const facts = [kind && label('kind', kind), source, size !== null && bytes(size)].filter(Boolean).join(' · ')
  return (
    <li className="document">
      <p className="document-title">{title ?? origin?.file ?? id}</p>
      <p className="facts">{facts}</p>
      {reasons.length > 0 && (
        <p className="tags">
          {reasons.map((reason) => (
            <span key={reason} className="tag">
              {label('reason', reason)}
            </span>
          ))}
        </p>
      )}
      <p className="excerpt">{excerpt ?? detail}</p>
      {id !== null && (
        <Button className="button button-small" onPress={() => onOpen(id)}>
          {t('corpus.why')}
        </Button>
      )}
    </li>
  )
}
