using Larder.Management.Contracts;
using Larder.Management.Services;
using Larder.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Larder.Management.Api;

/// <summary>The one table from what went wrong to what is answered.</summary>
/// <param name="next">The handlers.</param>
/// <param name="logger">The log.</param>
public sealed partial class ErrorMapping(RequestDelegate next, ILogger<ErrorMapping> logger)
{
    /// <summary>Runs the handlers and answers for them where they fail.</summary>
    /// <param name="context">The request.</param>
    public async Task InvokeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var (status, view) = Map(exception);
            if (status == StatusCodes.Status500InternalServerError)
            {
                Log.RequestFailed(logger, exception, context.Request.Method, context.Request.Path);
            }

            context.Response.StatusCode = status;
            await context.Response.WriteAsJsonAsync(view, ApiJson.Wire, context.RequestAborted);
        }
    }

    private static (int Status, ErrorView View) Map(Exception exception) => exception switch
    {
        ManagementException failure => (
            failure.Kind switch
            {
                ManagementFailure.Invalid => StatusCodes.Status400BadRequest,
                ManagementFailure.NotFound => StatusCodes.Status404NotFound,
                ManagementFailure.Refused => StatusCodes.Status422UnprocessableEntity,
                ManagementFailure.Unavailable => StatusCodes.Status503ServiceUnavailable,
                _ => StatusCodes.Status409Conflict,
            },
            failure.View),
        ControlStoreException store => (
            store.IsTransient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
            new ErrorView("store_unavailable", store.Message, [])),
        BadHttpRequestException bad => (bad.StatusCode, new ErrorView("bad_request", bad.Message, [])),
        _ => (
            StatusCodes.Status500InternalServerError,
            new ErrorView("internal", $"The daemon failed at this request ({exception.GetType().Name}); its log has the details.", [])),
    };

    private static partial class Log
    {
        [LoggerMessage(4000, LogLevel.Error, "{Method} {Path} failed.")]
        public static partial void RequestFailed(ILogger logger, Exception exception, string method, string path);
    }
}
