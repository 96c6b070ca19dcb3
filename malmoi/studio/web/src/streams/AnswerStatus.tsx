import { useLanguage } from '../i18n/language'
import { StatusLine } from '../ui/StatusLine'
import type { Answer } from './answer'

/** Says to those who listen that an answer has begun and that it has ended. The text itself is no live region. */
export function AnswerStatus({ answer: { state } }: { answer: Answer }) {
  const { t } = useLanguage()
  const words = {
    running: t('answer.begun'),
    done: t('answer.ended'),
    stopped: t('answer.stopped'),
    cut: t('answer.cut'),
  }
  return <StatusLine>{words[state as keyof typeof words] ?? ''}</StatusLine>
}
