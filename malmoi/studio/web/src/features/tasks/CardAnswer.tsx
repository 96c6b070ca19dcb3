import type { Card, CardResult, JsonOutput, LabelOutput } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { Bars } from '../../ui/Bars'
import { CopyButton } from '../../ui/CopyButton'
import { ErrorNote } from '../../ui/ErrorNote'
import { duration } from '../../text/numbers'
import type { CardRunState } from './useCardRun'

interface Props {
  card: Card
  run: CardRunState
  retry: () => void
}

/** The result of a card in the form its output type asks for. */
export function CardAnswer({ card, run, retry }: Props) {
  const { t } = useLanguage()
  return (
    <section className="answer" aria-label={t('cards.result')} aria-busy={run.state === 'running'}>
      <div className="answer-head">
        <h2>{t('cards.result')}</h2>
      </div>
      {run.state === 'none' && <p className="quiet">{t('cards.no_result')}</p>}
      {run.state === 'failed' && <ErrorNote error={run.error} retry={retry} />}
      {run.state === 'running' && !run.result && <Waiting run={run} />}
      {run.result && <Output card={card} result={run.result} />}
      <ResultFacts run={run} />
      {run.prompt !== null && (
        <details className="fold">
          <summary>{t('cards.prompt')}</summary>
          <pre className="code mono">{run.prompt}</pre>
        </details>
      )}
    </section>
  )
}

function Waiting({ run }: { run: CardRunState }) {
  const { t } = useLanguage()
  if (run.progress) {
    const { done, total } = run.progress
    return <p role="status">{t('cards.progress', { done, total })}</p>
  }
  return (
    <p className="answer-text is-running" aria-live="polite">
      {run.text}
    </p>
  )
}

function Output({ card, result }: { card: Card; result: CardResult }) {
  const { type } = card.output
  if (type === 'label') return <LabelResult output={result.output as LabelOutput} />
  if (type === 'json') return <FieldsResult card={card} output={result.output as JsonOutput} />
  const { text, choice } = result.output as { text?: string; choice?: string }
  const words = text ?? choice ?? ''
  return (
    <>
      <p className="answer-text">{words}</p>
      <CopyButton text={() => words} />
    </>
  )
}

function LabelResult({ output }: { output: LabelOutput }) {
  const { t } = useLanguage()
  const bars = output.scores.map(({ label, probability }) => ({
    id: label,
    name: label,
    value: probability,
    text: `${(probability * 100).toFixed(1)}%`,
    strong: label === output.label && !output.abstained,
  }))
  return (
    <>
      <p className="label-result">{output.abstained ? t('cards.abstained') : output.label}</p>
      {output.abstained && <p className="quiet">{t('cards.abstained_why')}</p>}
      <Bars bars={bars} whole={1} />
    </>
  )
}

function FieldsResult({ card, output }: { card: Card; output: JsonOutput }) {
  const { t, pick } = useLanguage()
  const titles = new Map(card.output.fields.map((field) => [field.name, pick(field.title)]))
  const fields = Object.entries(output.fields)
  return (
    <>
      {!output.complete && <p className="note">{t('cards.incomplete')}</p>}
      <dl className="fields">
        {fields.map(([name, value]) => (
          <div key={name}>
            <dt>{titles.get(name) ?? name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {fields.length === 0 && <pre className="code mono">{output.text}</pre>}
      <CopyButton text={() => fields.map(([name, value]) => `${titles.get(name) ?? name}: ${value}`).join('\n')} />
    </>
  )
}

function ResultFacts({ run }: { run: CardRunState }) {
  const { t, language, named } = useLanguage()
  const facts: string[] = []
  if (run.result) {
    if (run.result.tokens > 0) facts.push(t('cards.tokens', { tokens: run.result.tokens }))
    facts.push(duration(run.result.seconds, language))
    if (run.result.finish) facts.push(named('finish', run.result.finish))
  } else if (run.state === 'stopped') facts.push(t('answer.stopped'))
  return (
    <p className="facts" data-state={run.state}>
      {facts.join(' · ')}
    </p>
  )
}
