import { useLanguage } from '../../i18n/language'
import { ErrorNote } from '../../ui/ErrorNote'
import { count, duration } from '../../text/numbers'
import { TokenStrip } from './TokenStrip'
import type { Answer } from './useGeneration'

/** The text of an answer as it comes, or its tokens where their probabilities were asked for. */
export function AnswerText({ answer }: { answer: Answer }) {
  if (answer.tokens.length > 0) return <TokenStrip tokens={answer.tokens} />
  return (
    <p className={answer.state === 'running' ? 'answer-text is-running' : 'answer-text'} aria-live="polite">
      {answer.text}
    </p>
  )
}

/** Tokens, time and why it ended; the line has its height before there is anything to say. */
export function AnswerFacts({ answer }: { answer: Answer }) {
  const { t, language, named } = useLanguage()
  const { state, usage, seconds, finish } = answer
  const facts: string[] = []
  if (usage) {
    const speed = seconds > 0 ? (usage.completion_tokens / seconds).toFixed(1) : '–'
    facts.push(t('answer.tokens', { prompt: usage.prompt_tokens, answer: usage.completion_tokens }))
    facts.push(duration(seconds, language), t('answer.speed', { speed }))
  } else if (state !== 'none') {
    facts.push(t('answer.chars', { chars: count([...answer.text].length) }), duration(seconds, language))
  }
  if (state === 'running') facts.push(t('answer.running'))
  else if (state === 'stopped') facts.push(t('answer.stopped'))
  else if (finish) facts.push(named('finish', finish))
  return (
    <p className="facts" data-state={state}>
      {facts.join(' · ')}
    </p>
  )
}

/** Why there is nothing to read: the request failed, or the model ended at once. */
export function AnswerError({ answer, retry }: { answer: Answer; retry: () => void }) {
  const { t } = useLanguage()
  if (answer.state === 'failed') return <ErrorNote error={answer.error} retry={retry} />
  if (answer.state === 'done' && answer.text === '') return <p className="quiet">{t('answer.empty')}</p>
  return null
}
