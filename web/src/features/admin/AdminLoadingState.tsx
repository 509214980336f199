import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiProblem } from "../../api/problem";
import { LoadingState, type LoadingStateProps } from "../../loading/LoadingState";
import { profileQuery } from "../session/profile";

/** What is for administrators, when it is here. */
export function AdminLoadingState(props: LoadingStateProps) {
  useRoleAgain(props.query.error);
  return <LoadingState {...props} />;
}

/** Look who one is again when the service refuses what is for administrators: one may not be one any more. */
function useRoleAgain(error: Error | null): void {
  const client = useQueryClient();
  const isRefused = error instanceof ApiProblem && error.status === 403;
  useEffect(() => {
    if (isRefused) {
      void client.invalidateQueries({ queryKey: profileQuery.queryKey });
    }
  }, [client, isRefused]);
}
