import { useNavigate } from '@tanstack/react-router'
import type { RunSummary } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { Choice } from '../../ui/Choice'
import { Combobox } from '../../ui/Combobox/Combobox'

/** A list that is longer is searched rather than read. */
const READ_AT_ONCE = 8

interface Props {
  /** Those that have a corpus. */
  runs: RunSummary[]
  run: string
  place: 'summary' | 'documents'
}

export function RunChoice({ runs, run, place }: Props) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  const options = runs.map(({ name }) => ({ id: name, name }))
  const go = (name: string) =>
    void (place === 'summary'
      ? navigate({ to: '/corpora/$run', params: { run: name } })
      : navigate({ to: '/corpora/$run/documents/{-$id}', params: { run: name } }))
  if (runs.length <= READ_AT_ONCE)
    return <Choice label={t('runs.choose')} options={options} value={run} onChange={go} />
  return <Combobox label={t('runs.choose')} hideLabel options={options} value={run} onChange={go} />
}
