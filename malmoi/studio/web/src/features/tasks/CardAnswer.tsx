import type { Card, CardResult, JsonOutput, LabelOutput } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { Bars } from '../../ui/Bars'
import { CopyButton } from '../../ui/CopyButton'
import { ErrorNote } from '../../ui/ErrorNote'
import { duration } from '../../text/numbers'
import { Block } from '../../ui/Block/Block'
import { classes } from '../../ui/classes'
import { CodeBlock } from '../../ui/CodeBlock/CodeBlock'
import { Facts } from '../../ui/Facts/Facts'
import { Fold } from '../../ui/Fold/Fold'
import { Note } from '../../ui/Note/Note'
import css from './CardAnswer.module.css'
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
    <Block title={t('cards.result')}>
      <div aria-busy={run.state === 'running'} data-state={run.state} className={classes(css.answer)}>
        {run.state === 'none' && <p className="quiet">{t('cards.no_result')}</p>}
        {run.state === 'failed' && <ErrorNote error={run.error} retry={retry} />}
        {run.state === 'running' && !run.result && <Waiting run={run} />}
        {run.result && <Output card={card} result={run.result} />}
        <ResultFacts run={run} />
        {run.prompt !== null && (
          <Fold title={t('cards.prompt')}>
            <CodeBlock code={run.prompt} label={t('completion.prompt')} />
          </Fold>
        )}
      </div>
    </Block>
  )
}

function Waiting({ run }: { run: CardRunState }) {
  const { t } = useLanguage()
  if (run.progress) {
    const { done, total } = run.progress
    return <p role="status">{t('cards.progress', { done, total })}</p>
  }
  return <p className={classes(css.text, css.running)}>{run.text}</p>
}

function Output({ card, result }: { card: Card; result: CardResult }) {
  const { type } = card.output
  if (type === 'label') return <LabelResult output={result.output as LabelOutput} />
  if (type === 'json') return <FieldsResult card={card} output={result.output as JsonOutput} />
  const { text, choice } = result.output as { text?: string; choice?: string }
  const words = text ?? choice ?? ''
  return (
    <>
      <p className={classes(css.text)}>{words}</p>
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
      <p className={classes(css.label)}>{output.abstained ? t('cards.abstained') : output.label}</p>
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
      {!output.complete && <Note kind="warn">{t('cards.incomplete')}</Note>}
      <Facts facts={fields.map(([name, value]) => [titles.get(name) ?? name, value])} />
      {fields.length === 0 && <CodeBlock code={output.text} label={t('cards.result')} />}
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
  else if (run.state === 'running') facts.push(t('answer.running'))
  return (
    // Start and end are announced here; the text itself is not read out piece by piece (F12).
    <p className={classes(css.facts)} role="status">
      {facts.join(' · ')}
    </p>
  )
}
