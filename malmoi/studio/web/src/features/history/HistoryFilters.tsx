import { useEffect, useState } from 'react'
import { useLanguage } from '../../i18n/language'
import { Segments } from '../../ui/Segments'
import { TextField } from '../../ui/TextField/TextField'
import css from './history.module.css'
import type { HistorySearch } from './search'

const PAUSE_MS = 300
const KINDS = ['all', 'completion', 'chat', 'card'] as const

interface Props {
  search: HistorySearch
  onChange: (part: HistorySearch) => void
}

/** Which answers are listed. What is chosen stands in the address; words, once a person pauses. */
export function HistoryFilters({ search, onChange }: Props) {
  const { t } = useLanguage()
  const [words, setWords] = useState(search.q ?? '')
  // The address may change without the box: Back, or a link.
  useEffect(() => setWords(search.q ?? ''), [search.q])
  useEffect(() => {
    if (words === (search.q ?? '')) return
    const pause = setTimeout(() => onChange({ q: words === '' ? undefined : words }), PAUSE_MS)
    return () => clearTimeout(pause)
  }, [words, search.q, onChange])
  return (
    <div className={css.filters}>
      <TextField label={t('history.find')} hideLabel search value={words} onChange={setWords} maxLength={200} />
      <Segments
        label={t('history.kind')}
        options={KINDS.map((id) => ({ id, name: t(`history.kind.${id}`) }))}
        value={search.kind ?? 'all'}
        onChange={(kind) => onChange({ kind: kind === 'all' ? undefined : kind })}
      />
      <TextField
        label={t('history.from')}
        type="date"
        className={css.day}
        value={search.from ?? ''}
        onChange={(day) => onChange({ from: day === '' ? undefined : day })}
      />
      <Segments
        label={t('history.where')}
        options={[
          { id: 'kept', name: t('history.kept') },
          { id: 'trash', name: t('history.trash') },
        ]}
        value={search.trash ? 'trash' : 'kept'}
        onChange={(where) => onChange({ trash: where === 'trash' ? '1' : undefined })}
      />
    </div>
  )
}
