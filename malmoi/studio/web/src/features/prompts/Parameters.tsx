import { useQuery } from '@tanstack/react-query'
import { Switch } from '../../ui/Switch'
import { getJson } from '../../api/client'
import type { Sampling } from '../../api/completions'
import { about } from '../../api/queries'
import type { Description } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { PlainText } from '../../text/PlainText'
import { Button } from '../../ui/Button/Button'
import { Choice } from '../../ui/Choice'
import { classes } from '../../ui/classes'
import { SamplingRows } from '../../ui/SamplingRows'
import { toast } from '../../ui/Toast/toasts'
import { SAMPLING, type Draft } from './draft'
import { NAMES } from './names'
import css from './play.module.css'
import type { Session } from './session'

interface Props {
  session: Session
  draft: Draft
  edition: number
}

const FALLBACK_TOKENS = 4096
const FALLBACK_TEMPERATURE = 2

/** Which model answers, and how the next token is drawn. */
export function Parameters({ session, draft, edition }: Props) {
  const { t } = useLanguage()
  const { data } = useQuery(about())
  const { sampling } = draft
  const change = (part: Partial<Sampling>) =>
    session.edit((now) => ({ ...now, sampling: { ...now.sampling, ...part } }))
  return (
    <div className="parameters">
      {data?.model && <ModelChoice session={session} draft={draft} model={data.model} />}
      <Changed session={session} sampling={sampling} />
      <SamplingRows
        draw={sampling}
        onChange={change}
        maxTokens={data?.model?.context_tokens ?? FALLBACK_TOKENS}
        maxTemperature={data?.limits.max_temperature ?? FALLBACK_TEMPERATURE}
      />
      <div>
        <label className="field-label" htmlFor="stops">
          {t('stops.label')}
        </label>
        <PlainText
          key={`${session.id}-${edition}`}
          id="stops"
          className="mono"
          rows={1}
          initial={sampling.stops}
          onText={(stops) => change({ stops })}
        />
        <p className="help">{t('stops.help')}</p>
      </div>
      <div>
        <Switch
          label={t('probabilities.label')}
          isOn={sampling.probabilities}
          onChange={(probabilities) => change({ probabilities })}
        />
        <p className="help">{t('probabilities.help')}</p>
      </div>
    </div>
  )
}

/** What differs from the defaults, and the way back to them. */
function Changed({ session, sampling }: { session: Session; sampling: Sampling }) {
  const { t } = useLanguage()
  const names = (Object.keys(SAMPLING) as (keyof Sampling)[]).filter((name) => sampling[name] !== SAMPLING[name])
  if (names.length === 0) return <p className="help">{t('parameters.default')}</p>
  const reset = () => {
    session.replace((now) => ({ ...now, sampling: SAMPLING }))
    toast(t('parameters.reset_done'), () => session.replace((now) => ({ ...now, sampling })))
  }
  return (
    <p className={classes(css.row)} data-testid="changed">
      <span className={classes(css.changed)}>
        {t('parameters.changed', { names: names.map((name) => t(NAMES[name])).join(', ') })}
      </span>
      <Button small onPress={reset}>
        {t('parameters.reset')}
      </Button>
    </p>
  )
}

interface Listed {
  id: string
  max_model_len: number
  parent?: string
}

/** The models that answer here, and what each can do. */
function ModelChoice({ session, draft, model }: { session: Session; draft: Draft; model: Description }) {
  const { t } = useLanguage()
  const { data = [] } = useQuery({
    queryKey: ['models'],
    queryFn: async () => (await getJson<{ data: Listed[] }>('/v1/models')).data,
  })
  const isThere = data.some(({ id }) => id === draft.model)
  const chosen = data.find(({ id }) => id === (isThere ? draft.model : model.name))
  const options = data.map(({ id, parent }) => ({ id, name: parent ? t('models.adapter', { id }) : id }))
  const { capabilities: able } = model
  const abilities = [
    t('models.context', { tokens: chosen?.max_model_len ?? model.context_tokens }),
    able.logprobs && able.top_logprobs > 0 ? t('models.logprobs') : t('models.no_logprobs'),
    able.guides.length > 0 && t('models.guides'),
    able.deterministic && t('models.deterministic'),
  ]
  return (
    <div>
      <Choice
        label={t('models.choose')}
        options={options.length > 0 ? options : [{ id: model.name, name: model.name }]}
        value={isThere ? draft.model : model.name}
        onChange={(id) => session.edit((now) => ({ ...now, model: id === model.name ? '' : id }))}
      />
      <p className={classes(css.able)}>{abilities.filter(Boolean).join(' · ')}</p>
    </div>
  )
}
