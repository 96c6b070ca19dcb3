import { useNavigate } from '@tanstack/react-router'
import type { RunSummary } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { Choice } from '../../ui/Choice'

interface Props {
  runs: RunSummary[]
  run: string
}

export function RunChoice({ runs, run }: Props) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  return (
    <Choice
      label={t('runs.choose')}
      options={runs.map(({ name }) => ({ id: name, name }))}
      value={run}
      onChange={(name) => void navigate({ to: '/corpora/$run', params: { run: name } })}
    />
  )
}
