import { useLanguage } from '../../i18n/language'
import { StatusBadge, type Tone } from '../../ui/StatusBadge/StatusBadge'

const TONES: Record<string, Tone> = { running: 'working', done: 'good', stopped: 'quiet', cut: 'warn', failed: 'bad' }

/** How an answer stands, as a word with a sign. */
export function AnswerState({ state }: { state: string }) {
  const { named } = useLanguage()
  return <StatusBadge tone={TONES[state] ?? 'quiet'}>{named('history.state', state)}</StatusBadge>
}
