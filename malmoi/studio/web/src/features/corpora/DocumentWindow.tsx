import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { documentDetail } from '../../api/queries'
import type { DocumentDetail } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { bytes } from '../../text/numbers'
import { classes } from '../../ui/classes'
import { CopyButton } from '../../ui/CopyButton'
import { Facts } from '../../ui/Facts/Facts'
import { Fold } from '../../ui/Fold/Fold'
import { Loaded } from '../../ui/Loaded'
import { StatusBadge } from '../../ui/StatusBadge/StatusBadge'
import { Tag, Tags } from '../../ui/Tag/Tag'
import { Window } from '../../ui/Window'
import css from './DocumentWindow.module.css'
import { isFoul } from './foul'
import { Judgements } from './Judgements'
import { useLabel } from './useLabel'

interface Props {
  run: string
  id: string | null
  onClose: () => void
}

/** Why one document was kept or dropped: each rule with its limit, what it is a copy of, where it came from, its text. */
export function DocumentWindow({ run, id, onClose }: Props) {
  const { t } = useLanguage()
  return (
    <Window title={t('document.title')} isOpen={id !== null} onClose={onClose}>
      {id !== null && <Asked key={id} run={run} id={id} />}
    </Window>
  )
}

function Asked({ run, id }: { run: string; id: string }) {
  return (
    <Loaded query={useQuery(documentDetail(run, id))} lines={10}>
      {(document) => <Detail run={run} document={document} />}
    </Loaded>
  )
}

interface DetailProps {
  run: string
  document: DocumentDetail
}

function Detail({ run, document }: DetailProps) {
  const { t } = useLanguage()
  const { id, title, kept, copy_of, detail } = document
  return (
    <>
      <p className={classes(css.title)}>{title ?? id}</p>
      <Verdict run={run} document={document} />
      {copy_of ? (
        <p>
          {t('document.copy_of')}{' '}
          <Link to="/corpora/$run/documents/{-$id}" params={{ run, id: copy_of }} search={true}>
            {t('document.stays')} <span className="mono">{copy_of.slice(0, 8)}</span>
          </Link>
        </p>
      ) : (
        detail && !kept && <p className="mono">{detail}</p>
      )}
      <Judgements run={run} document={document} />
      <Origin run={run} document={document} />
      <Text document={document} />
    </>
  )
}

function Verdict({ run, document }: DetailProps) {
  const { t } = useLanguage()
  const label = useLabel(run)
  return (
    <Tags>
      <StatusBadge tone={document.kept ? 'good' : 'quiet'}>
        {document.kept ? t('document.kept') : t('document.dropped')}
      </StatusBadge>
      {document.reasons.map((reason) => (
        <Tag key={reason}>{label('reason', reason)}</Tag>
      ))}
    </Tags>
  )
}

function Origin({ run, document: { id, kind, source, origin, text_bytes, source_fields: known } }: DetailProps) {
  const { t, language } = useLanguage()
  const label = useLabel(run)
  const field = (name: string) => (typeof known?.[name] === 'string' ? known[name] : null)
  return (
    <Facts
      facts={[
        [
          t('document.id'),
          id && (
            <span className={classes(css.id)}>
              <span className="mono">{id}</span> <CopyButton text={() => id} />
            </span>
          ),
        ],
        [t('corpus.kind'), kind && label('kind', kind)],
        [t('document.source'), source],
        // No link: what was crawled may lead anywhere.
        [t('document.url'), field('url')],
        [t('document.category'), field('category')],
        [t('document.published'), field('published')],
        [t('document.licence'), field('licence')],
        [t('document.origin'), origin && `${origin.file} @ ${origin.offset}`],
        [t('document.size'), text_bytes === null ? null : bytes(text_bytes, language)],
      ]}
    />
  )
}

function Text({ document }: { document: DocumentDetail }) {
  const { t } = useLanguage()
  const { text, text_chars: chars } = document
  const title = t('document.text', { chars })
  if (text === null) return <p className="quiet">{t('document.no_text')}</p>
  // What scrolls has to be reached by keyboard, and to have a name (axe: scrollable-region-focusable).
  const box = (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes(css.text)} role="region" aria-label={title} tabIndex={0}>
      {text}
    </div>
  )
  if (isFoul(document)) return <Fold title={t('document.foul_text', { chars })}>{box}</Fold>
  return (
    <div>
      <p className={classes(css.label)}>{title}</p>
      {box}
    </div>
  )
}
