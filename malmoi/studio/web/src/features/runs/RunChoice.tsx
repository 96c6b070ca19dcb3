import type { RunSummary } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { Choice } from '../../ui/Choice'
import { navigate } from '../../shell/routing'

interface Props {
  runs: RunSummary[]
  run: string
  place: 'corpus' | 'runs'
}

export function RunChoice({ runs, run, place }: Props) {
  const { t } = useLanguage()
  return (
    <Choice
      label={t('runs.choose')}
      options={runs.map(({ name }) => ({ id: name, name }))}
      value={run}
      onChange={(name) => navigate(`/${place}/${encodeURIComponent(name)}`)}
    />
  )
}
