import { isOpen, type Answer } from '../../streams/answer'
import { useLanguage } from '../../i18n/language'
import { graphemes } from '../../text/graphemes'
import { decimal, duration } from '../../text/numbers'
import { ErrorNote } from '../../ui/ErrorNote'
import { StreamedText } from '../../ui/StreamedText/StreamedText'
import { TokenStrip } from './TokenStrip'

interface Props {
  answer: Answer
  /** Goes on from another token than the one that came; left out where that has no meaning. */
  goOn?: ((text: string) => void) | undefined
}

/** The text of an answer as it comes, or its tokens where their probabilities were asked for. */
export function AnswerText({ answer, goOn }: Props) {
  if (answer.tokens.length > 0) return <TokenStrip tokens={[...answer.tokens]} goOn={goOn} />
  return <StreamedText text={answer.text} isRunning={isOpen(answer)} />
}

/** Tokens, time and why it ended; the line has its height before there is anything to say. */
export function AnswerFacts({ answer }: { answer: Answer }) {
  const { t, language, named } = useLanguage()
  const { state, usage, seconds, finish, text } = answer
  const facts: string[] = []
  if (usage) {
    const speed = seconds > 0 ? decimal(usage.completion_tokens / seconds, 1, language) : '–'
    facts.push(t('answer.tokens', { prompt: usage.prompt_tokens, answer: usage.completion_tokens }))
    facts.push(duration(seconds, language), t('answer.speed', { speed }))
  } else if (text !== '') {
    facts.push(t('answer.chars', { chars: graphemes(text) }), duration(seconds, language))
  }
  if (isOpen(answer)) facts.push(t('answer.running'))
  else if (state === 'stopped') facts.push(t('answer.stopped'))
  else if (state === 'cut') facts.push(t('answer.cut'))
  else if (finish && state === 'done') facts.push(named('finish', finish))
  return (
    <p className="facts" data-state={isOpen(answer) ? 'running' : state}>
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
