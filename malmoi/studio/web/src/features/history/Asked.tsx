import { useLanguage } from '../../i18n/language'
import css from './history.module.css'
import type { AnswerDetail } from './queries'

interface Said {
  who: string
  text: string
}

/** What was asked, whole: the prompt, the turns of a conversation, or the inputs of a card. */
export function Asked({ answer }: { answer: AnswerDetail }) {
  const { t, named } = useLanguage()
  return (
    <section aria-label={t('history.asked')} className={css.asked}>
      <h2>{t('history.asked')}</h2>
      {saidIn(answer).map(({ who, text }, place) => (
        <div key={place}>
          {who !== '' && <p className={css.who}>{named('history.who', who)}</p>}
          <p className={css.words}>{text}</p>
        </div>
      ))}
    </section>
  )
}

/** The words of a request, whatever its kind. A request was checked when it was asked: here nothing is. */
export function saidIn({ kind, body, asked }: Pick<AnswerDetail, 'kind' | 'body' | 'asked'>): Said[] {
  if (kind === 'chat') {
    const messages = body.messages as { role: string; content: unknown }[]
    return messages.map(({ role, content }) => ({ who: role, text: words(content) }))
  }
  if (kind === 'card') {
    const inputs = Object.entries((body.inputs ?? {}) as Record<string, unknown>)
    return inputs.map(([name, value]) => ({ who: name, text: words(value) })).filter(({ text }) => text !== '')
  }
  return [{ who: '', text: typeof body.prompt === 'string' ? body.prompt : asked }]
}

function words(value: unknown): string {
  if (Array.isArray(value)) return value.map((part) => words((part as { text?: unknown })?.text ?? part)).join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
