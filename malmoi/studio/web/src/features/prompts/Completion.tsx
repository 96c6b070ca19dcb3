import { useRef } from 'react'
import { isOpen, type Answer } from '../../streams/answer'
import { AnswerStatus } from '../../streams/AnswerStatus'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { CopyButton } from '../../ui/CopyButton'
import { Icon } from '../../ui/Icon'
import { AnswerError, AnswerFacts, AnswerText } from './AnswerView'
import type { Draft } from './draft'
import { LONG } from './pieces'
import type { Session } from './session'
import { TextBox } from './TextBox'

interface Props {
  session: Session
  draft: Draft
  edition: number
  answer: Answer
  run: () => void
  children: React.ReactNode
}

const writePrompt = (draft: Draft, prompt: string): Draft => ({ ...draft, prompt })

/** Free completion: a text, and how the model goes on. */
export function Completion({ session, draft, edition, answer, run, children }: Props) {
  const { t } = useLanguage()
  const box = useRef<HTMLTextAreaElement>(null)
  const append = (text: string) => {
    if (box.current && box.current.value.length + text.length <= LONG) return insertAtEnd(box.current, text)
    session.replace((now) => ({ ...now, prompt: now.prompt + text }))
  }
  const goOn = (text: string) => {
    append(text)
    run()
  }
  return (
    <div className="sheet">
      <label className="field-label" htmlFor="prompt">
        {t('completion.prompt')}
      </label>
      <TextBox
        key={`${session.id}-${edition}`}
        session={session}
        field="prompt"
        write={writePrompt}
        initial={draft.prompt}
        label={t('completion.prompt')}
        id="prompt"
        className="prompt-box"
        placeholder={t('completion.placeholder')}
        boxRef={box}
      />
      {children}
      <section className="answer" aria-label={t('completion.answer')}>
        <div className="answer-head">
          <h2>{t('completion.answer')}</h2>
          <AnswerPicker session={session} draft={draft} />
          <Button small isDisabled={answer.text === '' || isOpen(answer)} onPress={() => append(answer.text)}>
            <Icon name="add" />
            {t('completion.append')}
          </Button>
          {answer.text !== '' && <CopyButton text={() => answer.text} />}
        </div>
        {answer.state === 'none' ? (
          <p className="quiet">{t('completion.empty')}</p>
        ) : (
          <>
            <AnswerText answer={answer} goOn={isOpen(answer) ? undefined : goOn} />
            <AnswerError answer={answer} retry={run} />
          </>
        )}
        <AnswerFacts answer={answer} />
        <AnswerStatus answer={answer} />
      </section>
    </div>
  )
}

/** The way back to the answers before: a run puts a new one beside them, it replaces none. */
function AnswerPicker({ session, draft: { answers, shown } }: { session: Session; draft: Draft }) {
  const { t } = useLanguage()
  if (answers.length < 2) return <span className="toolbar-space" />
  const show = (place: number) => session.edit((draft) => ({ ...draft, shown: place }))
  return (
    <span className="toolbar-space picker">
      <Button kind="bare" aria-label={t('answer.before')} isDisabled={shown === 0} onPress={() => show(shown - 1)}>
        <Icon name="left" />
      </Button>
      {t('answer.place', { place: shown + 1, all: answers.length })}
      <Button
        kind="bare"
        aria-label={t('answer.after')}
        isDisabled={shown >= answers.length - 1}
        onPress={() => show(shown + 1)}
      >
        <Icon name="right" />
      </Button>
    </span>
  )
}

/** As if a person had written it: Ctrl+Z takes it back, and the focus is in the box. */
function insertAtEnd(box: HTMLTextAreaElement, text: string): void {
  box.focus()
  box.setSelectionRange(box.value.length, box.value.length)
  // Browsers have no other way that keeps the box's own undo.
  if (!document.execCommand('insertText', false, text))
    box.setRangeText(text, box.value.length, box.value.length, 'end')
  box.scrollTop = box.scrollHeight
}
