import type { Card, CardResult, JsonOutput, LabelOutput } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import type { Answer } from '../../streams/answer'
import { AnswerStatus } from '../../streams/AnswerStatus'
import { Bars } from '../../ui/Bars'
import { CopyButton } from '../../ui/CopyButton'
import { ErrorNote } from '../../ui/ErrorNote'
import { duration, percent } from '../../text/numbers'
import { Block } from '../../ui/Block/Block'
import { classes } from '../../ui/classes'
import { CodeBlock } from '../../ui/CodeBlock/CodeBlock'
import { Facts } from '../../ui/Facts/Facts'
import { Fold } from '../../ui/Fold/Fold'
import { Note } from '../../ui/Note/Note'
import { StreamedText } from '../../ui/StreamedText/StreamedText'
import css from './CardAnswer.module.css'

interface Props {
  card: Card
  answer: Answer
  retry: () => void
}

/** The result of a card in the form its output type asks for. */
export function CardAnswer({ card, answer, retry }: Props) {
  const { t } = useLanguage()
  return (
    <Block title={t('cards.result')}>
      <div aria-busy={answer.state === 'running'} data-state={answer.state} className={classes(css.answer)}>
        {(answer.state === 'none' || answer.state === 'opening') && <p className="quiet">{t('cards.no_result')}</p>}
        {answer.state === 'failed' && <ErrorNote error={answer.error} retry={retry} />}
        {answer.state === 'running' && <Waiting answer={answer} />}
        {answer.result ? <Output card={card} result={answer.result} /> : <Rest answer={answer} />}
        <ResultFacts answer={answer} />
        <AnswerStatus answer={answer} />
        {answer.told.start && (
          <Fold title={t('cards.prompt')}>
            <CodeBlock code={answer.told.start.prompt} label={t('completion.prompt')} />
          </Fold>
        )}
      </div>
    </Block>
  )
}

function Waiting({ answer: { told, text } }: { answer: Answer }) {
  const { t } = useLanguage()
  if (told.progress)
    return <p role="status">{t('cards.progress', { done: told.progress.done, total: told.progress.total })}</p>
  return <StreamedText text={text} isRunning />
}

/** What an answer has that was stopped, or cut by the end of the server, before it was one. */
function Rest({ answer: { state, text } }: { answer: Answer }) {
  const hasRest = (state === 'stopped' || state === 'cut' || state === 'failed') && text !== ''
  return hasRest ? <StreamedText text={text} isRunning={false} /> : null
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
  const { t, language } = useLanguage()
  const bars = output.scores.map(({ label, probability }) => ({
    id: label,
    name: label,
    value: probability,
    text: percent(probability, language),
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

function ResultFacts({ answer: { state, result } }: { answer: Answer }) {
  const { t, language, named } = useLanguage()
  const facts: string[] = []
  if (result) {
    if (result.tokens > 0) facts.push(t('cards.tokens', { tokens: result.tokens }))
    facts.push(duration(result.seconds, language))
    if (result.finish) facts.push(named('finish', result.finish))
  } else if (state === 'stopped') facts.push(t('answer.stopped'))
  else if (state === 'cut') facts.push(t('answer.cut'))
  else if (state === 'running') facts.push(t('answer.running'))
  return <p className={classes(css.facts)}>{facts.join(' · ')}</p>
}
