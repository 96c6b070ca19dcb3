import type { Corpus } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { count } from '../../text/numbers'
import { Choice } from '../../ui/Choice'
import { classes } from '../../ui/classes'
import { Segments } from '../../ui/Segments'
import { TextField } from '../../ui/TextField/TextField'
import { useLater } from '../../ui/useLater'
import css from './DocumentFilters.module.css'
import type { DocumentsSearch } from './search'

interface Props {
  corpus: Corpus
  search: DocumentsSearch
  onChange: (part: DocumentsSearch) => void
}

/** A person who writes on is asked for once. */
const PAUSE_MS = 400

/** Which documents: kept or dropped, why, of what kind, with which words. */
export function DocumentFilters({ corpus, search, onChange }: Props) {
  const { t, pick, language } = useLanguage()
  const later = useLater(PAUSE_MS)
  const all = { id: '', name: t('corpus.all') }
  const named = (of: 'reason' | 'kind', id: string, documents: number) => {
    const label = corpus.labels[of][id]
    return { id, name: `${label ? pick(label) : id} (${count(documents, language)})` }
  }
  const reasons = corpus.dropped_by_reason.map(({ reason, documents }) => named('reason', reason, documents))
  const kinds = corpus.by_kind.map(({ kind, documents }) => named('kind', kind, documents))
  return (
    <div className={classes(css.filters)} role="search" aria-label={t('corpus.documents')}>
      <Segments
        label={t('corpus.status')}
        options={[
          { id: 'all', name: t('corpus.all') },
          { id: 'kept', name: t('corpus.kept') },
          { id: 'dropped', name: t('corpus.dropped') },
        ]}
        value={search.status ?? 'all'}
        // A reason belongs to what was dropped.
        onChange={(status) =>
          onChange({
            status: status === 'all' ? undefined : status,
            ...(status !== 'dropped' && { reason: undefined }),
          })
        }
      />
      <Choice
        label={t('corpus.reason')}
        options={[all, ...reasons]}
        value={search.reason ?? ''}
        onChange={(reason) => onChange(reason === '' ? { reason: undefined } : { reason, status: 'dropped' })}
      />
      <Choice
        label={t('corpus.kind')}
        options={[all, ...kinds]}
        value={search.kind ?? ''}
        onChange={(kind) => onChange({ kind: kind || undefined })}
      />
      <TextField
        className={classes(css.words)}
        label={t('corpus.search')}
        hideLabel
        search
        value={search.q ?? ''}
        onChange={(q) => later(() => onChange({ q: q.trim() || undefined }))}
      />
    </div>
  )
}
