import type { RunDetail, StageDetail } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { bytes, count, decimal, duration, moment, rounded, type Language } from '../../text/numbers'
import { Block } from '../../ui/Block/Block'
import { classes } from '../../ui/classes'
import { CodeBlock } from '../../ui/CodeBlock/CodeBlock'
import { Facts } from '../../ui/Facts/Facts'
import { StatusBadge, type Tone } from '../../ui/StatusBadge/StatusBadge'
import css from './Stages.module.css'

const TONES = { finished: 'good', unfinished: 'warn', absent: 'quiet', working: 'working' } as const satisfies Record<
  string,
  Tone
>

/** The stages of a run along the road, with their state, time and counts. */
export function Stages({ detail, live }: { detail: RunDetail; live: boolean }) {
  const { t } = useLanguage()
  // The first stage that is not finished is the one at work, while the run goes on.
  const at = live ? detail.stages.find((stage) => stage.status !== 'finished')?.name : undefined
  return (
    <Block title={t('runs.stages')}>
      <ol>
        {detail.stages.map((stage) => (
          <StageRow key={stage.name} stage={stage} working={stage.name === at} />
        ))}
      </ol>
    </Block>
  )
}

function StageRow({ stage, working }: { stage: StageDetail; working: boolean }) {
  const { t, language, named } = useLanguage()
  const state = working ? 'working' : stage.status
  const counts = numbersOf(stage.counts).map(([name, value]): [string, string] => [
    named('stage.count', name),
    counted(name, value, language),
  ])
  return (
    <li className={classes(css.stage)}>
      <details>
        <summary className={classes(css.line)}>
          <span className={classes(css.name)}>{t(`stage.${stage.name}`)}</span>
          <StatusBadge tone={TONES[state]}>{t(`stage.state.${state}`)}</StatusBadge>
          <span className={classes(css.time)}>{stage.seconds === null ? '' : duration(stage.seconds, language)}</span>
        </summary>
        <div className={classes(css.more)}>
          {stage.finished_at !== null && (
            <p className="quiet">{t('stage.finished_at', { time: moment(stage.finished_at, language) })}</p>
          )}
          <Facts facts={counts} />
          {Object.keys(stage.config).length > 0 && (
            <CodeBlock code={JSON.stringify(stage.config, null, 2)} label={t('stage.config')} lines={16} />
          )}
        </div>
      </details>
    </li>
  )
}

/** Only plain numbers: tables of counts have their own page. */
function numbersOf(counts: Record<string, unknown>): [string, number][] {
  return Object.entries(counts).filter((pair): pair is [string, number] => typeof pair[1] === 'number')
}

/** In the unit that its name ends or begins with; three digits of a loss, as in the report. */
function counted(name: string, value: number, language: Language): string {
  if (/_bytes(_|$)/.test(name)) return bytes(value, language)
  if (name === 'loss') return decimal(value, 3, language)
  return Number.isInteger(value) ? count(value, language) : rounded(value, language)
}
