import type { RunDetail, StageDetail } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { duration, moment } from '../../text/numbers'

/** The stages of a run along the road, with their state, time and counts. */
export function Stages({ detail, live }: { detail: RunDetail; live: boolean }) {
  const { t } = useLanguage()
  // The first stage that is not finished is the one at work, while the run goes on.
  const at = live ? detail.stages.find((stage) => stage.status !== 'finished')?.name : undefined
  return (
    <section className="block" aria-label={t('runs.stages')}>
      <h2>{t('runs.stages')}</h2>
      <ol className="stages">
        {detail.stages.map((stage) => (
          <StageRow key={stage.name} stage={stage} working={stage.name === at} />
        ))}
      </ol>
    </section>
  )
}

function StageRow({ stage, working }: { stage: StageDetail; working: boolean }) {
  const { t, language } = useLanguage()
  const state = working ? 'working' : stage.status
  const counts = numbersOf(stage.counts)
  return (
    <li className={`stage stage-${state}`}>
      <details>
        <summary>
          <span className="stage-dot" aria-hidden="true" />
          <span className="stage-name">{t(`stage.${stage.name}`)}</span>
          <span className="stage-state">{t(`stage.state.${state}`)}</span>
          <span className="stage-time">{stage.seconds === null ? '' : duration(stage.seconds, language)}</span>
        </summary>
        {stage.finished_at !== null && (
          <p className="facts">{t('stage.finished_at', { time: moment(stage.finished_at, language) })}</p>
        )}
        <dl className="facts-list">
          {counts.map(([name, value]) => (
            <div key={name}>
              <dt className="mono">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {Object.keys(stage.config).length > 0 && (
          <pre className="code mono">{JSON.stringify(stage.config, null, 2)}</pre>
        )}
      </details>
    </li>
  )
}

/** Only plain numbers: tables of counts have their own page. */
function numbersOf(counts: Record<string, unknown>): [string, string][] {
  return Object.entries(counts)
    .filter((pair): pair is [string, number] => typeof pair[1] === 'number')
    .map(([name, value]) => [name, value.toLocaleString('ko-KR', { maximumSignificantDigits: 6 })])
}
