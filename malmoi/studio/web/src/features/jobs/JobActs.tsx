import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { Icon } from '../../ui/Icon'
import { toast } from '../../ui/Toast/toasts'
import { isAtRest, stopJob, tryAgain } from './queries'
import type { Job } from '../../api/schema'

/** 멈추기 while it goes on, 이어서 하기 once it rests. What was done is kept either way, so nothing is asked. */
export function JobActs({ job }: { job: Job }) {
  const { t } = useLanguage()
  const client = useQueryClient()
  const ask = useMutation({
    mutationFn: (act: 'stop' | 'again') => (act === 'stop' ? stopJob(job.id) : tryAgain(job.id)),
    onSuccess: (_, act) => {
      void client.invalidateQueries({ queryKey: ['jobs'] })
      toast(t(act === 'stop' ? 'jobs.stop_asked' : 'jobs.again_asked'))
    },
    onError: () => toast(t('jobs.act_failed')),
  })
  if (job.state === 'finished') return null
  const again = isAtRest(job)
  return (
    <Button
      small
      isPending={ask.isPending}
      isDisabled={job.state === 'stopping'}
      onPress={() => ask.mutate(again ? 'again' : 'stop')}
    >
      <Icon name={again ? 'again' : 'stop'} />
      {again ? t('jobs.again') : t('jobs.stop')}
    </Button>
  )
}
