import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useLanguage } from '../../../i18n/language'
import { moment } from '../../../text/numbers'
import { buttonLook } from '../../../ui/Button/Button'
import { CodeBlock } from '../../../ui/CodeBlock/CodeBlock'
import { Progress } from '../../../ui/JobRow/JobRow'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { StatusBadge } from '../../../ui/StatusBadge/StatusBadge'
import { JobActs } from '../JobActs'
import css from '../jobs.module.css'
import { Log } from '../Log'
import { isGoing, job } from '../queries'
import { factsOf, shareOf, TONES } from '../said'
import type { JobDetail } from '../../../api/schema'

/** One job: how it stands, how far it is, what it was told, and what it says. */
export default function OneJob() {
  const { job: id = '' } = useParams({ strict: false })
  const { t } = useLanguage()
  const query = useQuery(job(id))
  return (
    <Page title={t('jobs.title')}>
      <Link to="/jobs" className="back">
        ← {t('jobs.all')}
      </Link>
      <Loaded query={query} lines={10}>
        {(found) => (
          <div className={css.parts}>
            <Head job={found} />
            <Facts job={found} />
            <CodeBlock code={found.line} label={t('jobs.line')} />
            <Log key={id} id={id} going={isGoing(found)} />
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function Head({ job: found }: { job: JobDetail }) {
  const { t, named, language } = useLanguage()
  const name = `${named('jobs.command', found.command)} · ${found.run}`
  const share = shareOf(found)
  return (
    <section className="block" aria-label={name}>
      <div className="toolbar">
        <h2>{name}</h2>
        <StatusBadge tone={TONES[found.state]}>{t(`jobs.state.${found.state}`)}</StatusBadge>
        <span className="toolbar-space" />
        {found.run && (
          <Link to="/runs/$run" params={{ run: found.run }} className={buttonLook()}>
            {t('jobs.run')}
          </Link>
        )}
        <JobActs job={found} />
      </div>
      {share !== undefined && <Progress name={name} share={share} />}
      <p className="quiet">{factsOf(found, t, language).join(' · ')}</p>
      <p className="quiet">{t(`jobs.state.${found.state}.help`)}</p>
    </section>
  )
}

function Facts({ job: found }: { job: JobDetail }) {
  const { t, language } = useLanguage()
  const facts: [string, string][] = [
    [t('jobs.submitted'), `${moment(found.submitted_at, language)}${found.owner && ` · ${found.owner}`}`],
    [t('jobs.alive'), found.alive_at === null ? t('jobs.alive_not') : moment(found.alive_at, language)],
    [t('jobs.process'), found.process ? `${found.process.host} · ${found.process.pid}` : '–'],
    [t('jobs.id'), found.id],
  ]
  return (
    <dl className="facts-list">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
