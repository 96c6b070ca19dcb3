import { useLanguage } from '../i18n/language'
import { NumberRow } from './NumberRow'
import { WholeRow } from './WholeRow'

export interface Draw {
  temperature: number
  top_p: number
  top_k: number | null
  repetition_penalty: number
  max_tokens: number
  seed: number | null
}

interface Props {
  draw: Draw
  onChange: (part: Partial<Draw>) => void
  maxTokens: number
  maxTemperature: number
}

const MAX_SEED = 2 ** 31 - 1

/** How the next token is drawn: the numbers that the playground and the cards share. */
export function SamplingRows({ draw, onChange, maxTokens, maxTemperature }: Props) {
  const { t } = useLanguage()
  return (
    <>
      <NumberRow
        label={t('temperature.label')}
        help={t('temperature.help')}
        value={draw.temperature}
        onChange={(value) => onChange({ temperature: value ?? 0 })}
        min={0}
        max={maxTemperature}
        step={0.05}
        slider
      />
      <NumberRow
        label={t('top_p.label')}
        help={t('top_p.help')}
        value={draw.top_p}
        onChange={(value) => onChange({ top_p: value ?? 1 })}
        min={0.05}
        max={1}
        step={0.05}
        slider
      />
      <WholeRow
        label={t('top_k.label')}
        help={t('top_k.help')}
        value={draw.top_k}
        onChange={(top_k) => onChange({ top_k })}
        min={1}
        max={1000}
        nothing={t('parameters.off')}
      />
      <NumberRow
        label={t('repetition.label')}
        help={t('repetition.help')}
        value={draw.repetition_penalty}
        onChange={(value) => onChange({ repetition_penalty: value ?? 1 })}
        min={1}
        max={2}
        step={0.05}
        slider
      />
      <WholeRow
        label={t('max_tokens.label')}
        help={t('max_tokens.help')}
        value={draw.max_tokens}
        onChange={(value) => onChange({ max_tokens: value ?? 1 })}
        min={1}
        max={maxTokens}
      />
      <WholeRow
        label={t('seed.label')}
        help={t('seed.help')}
        value={draw.seed}
        onChange={(seed) => onChange({ seed })}
        min={0}
        max={MAX_SEED}
        nothing={t('parameters.random')}
      />
    </>
  )
}
