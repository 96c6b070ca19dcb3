import { useEffect, useRef } from 'react'
import { useLanguage } from '../../i18n/language'
import { PlainText } from '../../text/PlainText'
import { AnswerError, AnswerFacts, AnswerText } from './AnswerView'
import { Composer } from './Composer'
import type { DraftState } from './draft'
import { TokenCount } from './TokenCount'
import { TurnBox } from './TurnBox'
import type { Answer } from './useGeneration'

interface Props {
  state: DraftState
  answer: Answer
  /** Sends the turns, with `text` as the person's next turn; false when it cannot be sent now. */
  sendText: (text: string) => boolean
  again: (turnId: number) => void
  run: () => void
}

/** A conversation whose every turn can be rewritten. */
export function Chat({ state, answer, sendText, again, run }: Props) {
  const { t } = useLanguage()
  const { draft, edition, edit, editTurn } = state
  const end = useRef<HTMLDivElement>(null)
  const running = answer.state === 'running'
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' })
  }, [draft.turns.length, answer.text])
  const remove = (id: number) => edit({ turns: draft.turns.filter((turn) => turn.id !== id) })
  return (
    <div className="sheet chat">
      <label className="field-label" htmlFor="system">
        {t('chat.system')}
      </label>
      <PlainText
        key={edition}
        id="system"
        className="system-box"
        initial={draft.system}
        placeholder={t('chat.system_placeholder')}
        onText={(system) => edit({ system })}
      />
      <ol className="turns" aria-label={t('chat.turns')}>
        {draft.turns.map((turn) => (
          <TurnBox
            key={`${edition}-${turn.id}`}
            turn={turn}
            disabled={running}
            onText={(text) => editTurn(turn.id, text)}
            onRemove={() => remove(turn.id)}
            onAgain={() => again(turn.id)}
          />
        ))}
        {running && (
          <li className="turn turn-assistant">
            <span className="turn-role">{t('chat.assistant')}</span>
            <AnswerText answer={answer} />
          </li>
        )}
      </ol>
      {draft.turns.length === 0 && !running && <p className="quiet">{t('chat.empty')}</p>}
      <AnswerError answer={answer} retry={run} />
      {!running && answer.tokens.length > 0 && (
        <details className="fold">
          <summary>{t('tokens.label')}</summary>
          <AnswerText answer={answer} />
        </details>
      )}
      <AnswerFacts answer={answer} />
      <div ref={end} />
      <div className="chat-foot">
        <Composer onSend={sendText} />
        <TokenCount text={[draft.system, ...draft.turns.map((turn) => turn.text)].join('')} />
      </div>
    </div>
  )
}
