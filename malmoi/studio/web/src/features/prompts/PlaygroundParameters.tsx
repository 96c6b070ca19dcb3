import { useQuery } from '@tanstack/react-query'
import { Switch } from 'react-aria-components'
import type { Sampling } from '../../api/completions'
import { about } from '../../api/queries'
import { useLanguage } from '../../i18n/language'
import { PlainText } from '../../text/PlainText'
import { SamplingRows } from '../../ui/SamplingRows'

interface Props {
  sampling: Sampling
  onChange: (sampling: Sampling) => void
}

const FALLBACK_TOKENS = 4096
const FALLBACK_TEMPERATURE = 2

export function PlaygroundParameters({ sampling, onChange }: Props) {
  const { t } = useLanguage()
  const { data } = useQuery(about())
  const change = (part: Partial<Sampling>) => onChange({ ...sampling, ...part })
  return (
    <div className="parameters">
      <SamplingRows
        draw={sampling}
        onChange={change}
        maxTokens={data?.model?.context_tokens ?? FALLBACK_TOKENS}
        maxTemperature={data?.limits.max_temperature ?? FALLBACK_TEMPERATURE}
      />
      <div className="number-row">
        <label className="field-label" htmlFor="stops">
          {t('stops.label')}
        </label>
        <PlainText
          id="stops"
          className="mono"
          rows={1}
          initial={sampling.stops}
          onText={(stops) => change({ stops })}
        />
        <p className="help">{t('stops.help')}</p>
      </div>
      <div className="number-row">
        <Switch
          className="switch"
          isSelected={sampling.probabilities}
          onChange={(probabilities) => change({ probabilities })}
        >
          <span className="switch-track" />
          {t('probabilities.label')}
        </Switch>
        <p className="help">{t('probabilities.help')}</p>
      </div>
    </div>
  )
}
